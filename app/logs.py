"""What Carillon writes to its log, and what it never does.

One line an event, on standard output: JSON where `LOG_FORMAT=json`, else plain words. Events carry ids (task, message,
claim, route, job). Numbers and texts of messages are nowhere in them: an exception's message may hold either (a
database error repeats its row, a wire error its address), so of an exception only its type and its place in the code
are written; what libraries say is cut to its first line; and whatever still looks like a phone number is masked.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config import Settings

LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
MASKED: Final = "‹number›"

# Nine digits or more in a row, as E.164 numbers have them; ids that we write as words are shorter.
_NUMBER: Final = re.compile(r"(?:\+|%2B|\b)\d{9,15}(?!\d)", re.IGNORECASE)
_FRAMES: Final = 12
_DEEPEST: Final = 4  # causes of causes
# These say at info level what they were given, or that they did what they were asked.
_QUIET: Final = ("sqlalchemy", "aiohttp", "asyncio", "urllib3", "fontTools", "fpdf", "PIL", "alembic", "rq")


class _Stdout(logging.StreamHandler[TextIO]):
    """Writes to what standard output is at that moment, which tests and servers change."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stdout


def configure(settings: Settings) -> None:
    """Send all logging, our own and libraries', through one handler. May be called again."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages,
        _without_numbers,
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = _Stdout()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_first_line, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                cast(Processor, renderer),
            ],
            keep_exc_info=False,
        )
    )
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, _Stdout)] + [handler]
    root.setLevel(LEVELS[settings.log_level])
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("fpdf").setLevel(
        logging.ERROR
    )  # warns of each letter that a font lacks: what people wrote
    for name in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def where_it_broke(error: BaseException) -> str:
    """An exception by its type and its place, and what caused it likewise; never by its message."""
    return " ← ".join(_places(error))


def _places(error: BaseException | None) -> Iterator[str]:
    for _ in range(_DEEPEST):
        if error is None:
            return
        frames = traceback.extract_tb(cast(TracebackType, error.__traceback__))[-_FRAMES:]
        at = " > ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
        yield f"{type(error).__module__}.{type(error).__qualname__} at {at or 'nowhere'}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _short(filename: str) -> str:
    return "/".join(filename.split("/")[-3:])


def _without_messages(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    given: Any = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = where_it_broke(error)
    event.pop("exc_text", None)
    event.pop("stack_info", None)
    return event


def _without_numbers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if isinstance(value, str) and name != "timestamp":
            event[name] = _NUMBER.sub(MASKED, value)
    return event


def _first_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of a library's words: what follows a line's end is a traceback with its message, or what it was given."""
    event["event"] = str(event.get("event", "")).split("\n", 1)[0]
    return event
