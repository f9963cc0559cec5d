"""How answers travel: static files under addresses that change with their contents, text compressed."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.security import safe_join

_STATIC = frozenset({"static", "bootstrap.static"})
_TEXT = frozenset(
    {
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/json",
        "image/svg+xml",
    }
)
_SMALLEST = 1_024  # below this, compression saves less than its header costs
_YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Give static addresses the version of their file, and compress what is text.

    Pages carry a CSRF token and may repeat what somebody typed, which is what BREACH needs to guess a token from
    compressed lengths; it needs the victim's cookies on requests from another site too, and ours are SameSite=Lax.
    """

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in _STATIC and "v" not in values:
            path = _path_of(app, endpoint, values.get("filename", ""))
            if path is not None:
                values["v"] = _version(path, path.stat().st_mtime_ns)

    @app.after_request
    def prepare(response: Response) -> Response:
        if request.endpoint in _STATIC and response.status_code in (200, 304):
            _set_lifetime(response)
        if response.mimetype in _TEXT:
            _compress(response)
        return response


def _set_lifetime(response: Response) -> None:
    """An address with a version stands for these bytes for ever; any other is asked for anew each time."""
    response.headers.pop("Expires", None)
    if current_app.config["CARILLON"].is_production and request.args.get("v"):
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"


def _compress(response: Response) -> None:
    """Compress a whole text for those who take gzip; streams, parts and files to keep stay as they are."""
    response.vary.add("Accept-Encoding")
    whole = response.status_code not in (204, 206, 304) and "Content-Encoding" not in response.headers
    takes_gzip = request.accept_encodings["gzip"] > 0 and "Range" not in request.headers
    if not (whole and takes_gzip):
        return
    if request.endpoint in _STATIC:
        packed = _packed_file(response)
    elif response.is_streamed or response.direct_passthrough or response.calculate_content_length() is None:
        return
    else:
        packed = _packed(response.get_data())
    if packed is None:
        return
    response.direct_passthrough = False
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)  # one name for the file in either encoding


def _packed(data: bytes) -> bytes | None:
    return gzip.compress(data, compresslevel=5, mtime=0) if len(data) >= _SMALLEST else None


def _packed_file(response: Response) -> bytes | None:
    """A static file compressed, kept in memory: there are few of them, and each is asked for all the time."""
    assert request.endpoint is not None
    path = _path_of(current_app, request.endpoint, (request.view_args or {}).get("filename", ""))
    if path is None or path.stat().st_size < _SMALLEST:
        return None
    response.close()  # the file that was opened to be sent as it is
    return _packed_path(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _packed_path(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)


@lru_cache(maxsize=256)
def _version(path: Path, _changed: int) -> str:
    """A short name for the file's contents; `_changed` makes a changed file be read again."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _path_of(app: Flask, endpoint: str, filename: str) -> Path | None:
    """The file behind a static address; None where there is none."""
    blueprint = endpoint.rpartition(".")[0]
    folder = app.blueprints[blueprint].static_folder if blueprint else app.static_folder
    joined = safe_join(str(folder), filename) if folder else None
    path = Path(joined) if joined else None
    return path if path is not None and path.is_file() else None
