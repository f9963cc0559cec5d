"""Outlast a Redis that is away: a worker waits for it, and says so once, instead of dying of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from jobs import shutdown

log = structlog.get_logger()

FIRST_GAP = 0.2
LONGEST_GAP = 5.0
Answer = TypeVar("Answer")


class Patience(Retry):
    """redis-py's retry policy, without an end until `end()` or a work-horse's own SIGTERM.

    One object serves all connections of a worker.

    A command is retried as a whole, so it must bear being done twice; what a worker says to Redis does.
    """

    def __init__(self) -> None:
        super().__init__(ExponentialBackoff(cap=LONGEST_GAP, base=FIRST_GAP), -1)
        self._away_since: float | None = None
        self._ended = False

    def __deepcopy__(self, _memo: dict[int, Any]) -> Patience:
        """Connections copy their policy; ours is shared, so that an outage is told once and ended for all."""
        return self

    def end(self) -> None:
        """From now on fail at once: the worker is leaving and needs nothing more."""
        self._ended = True

    def call_with_retry(
        self,
        do: Callable[[], Answer],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> Answer:
        """Do it until it works. `fail` is redis-py's own clean-up, called after each failure."""
        failures = 0
        while True:
            try:
                answer = do()
            except (RedisConnectionError, RedisTimeoutError, OSError) as error:
                if is_retryable and not is_retryable(error):
                    raise
                failures += 1
                if with_failure_count:
                    fail(error, failures)
                else:
                    fail(error)
                if self._ended or shutdown.requested():
                    raise
                self._note_absence(error)
                time.sleep(self._backoff.compute(failures))
            else:
                if failures:
                    self._note_return()
                return answer

    def _note_absence(self, error: Exception) -> None:
        if self._away_since is None:
            self._away_since = time.monotonic()
            log.warning("redis_away", error=str(error), doing="waiting for it")

    def _note_return(self) -> None:
        if self._away_since is not None:
            seconds, self._away_since = time.monotonic() - self._away_since, None
            log.warning("redis_back", seconds=round(seconds, 1))
