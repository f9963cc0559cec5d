"""Queue names, and the only way to put a job on a queue.

A job carries ids, never data; it is enqueued after the commit that made its row visible; and it may be lost:
the ticker finds in the database whatever a lost job left undone. A Redis error here is therefore logged, never
raised.
"""

from __future__ import annotations

from enum import StrEnum
from secrets import token_hex

import structlog
from flask import current_app
from redis import ConnectionPool, Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job
from sqlalchemy.orm import Session

from app.database import after_commit

log = structlog.get_logger()

_FAILURE_TTL = 7 * 24 * 3600
_pools: dict[str, ConnectionPool] = {}


class QueueName(StrEnum):
    """A worker serves its queues in the order in which they are named to it."""

    DISPATCH = "dispatch"
    INTAKE = "intake"
    DEFAULT = "default"
    EXPORTS = "exports"  # of a worker of its own: one may take minutes, and nobody's check is to wait for it


# Which queue serves which job, and how many seconds one run of it may take.
JOBS: dict[str, tuple[QueueName, int]] = {
    "jobs.intake.check": (QueueName.INTAKE, 120),
    "jobs.lists.read_list": (QueueName.INTAKE, 120),
    "jobs.lists.leave_out": (QueueName.INTAKE, 120),
    "jobs.lists.read_suppressions": (QueueName.INTAKE, 120),
    "jobs.dispatch.pump": (QueueName.DISPATCH, 180),
    "jobs.receipts.apply": (QueueName.DEFAULT, 120),
    "jobs.asking.ask": (QueueName.DEFAULT, 300),
    "jobs.letters.send": (QueueName.DEFAULT, 60),
    "jobs.audit.enforce_audit": (QueueName.DEFAULT, 900),
    "jobs.export.pack": (QueueName.EXPORTS, 900),
    "jobs.export.make": (QueueName.EXPORTS, 3_600),
    "jobs.clearing.let_upload_go": (QueueName.DEFAULT, 60),
    "jobs.clearing.clear": (QueueName.DEFAULT, 900),
    "jobs.retention.erase": (QueueName.DEFAULT, 300),
}


def connection() -> Redis:
    """A client on this process's pool; quick to fail, so that no page hangs on Redis."""
    url = current_app.config["CARILLON"].redis_url
    pool = _pools.get(url)
    if pool is None:
        pool = ConnectionPool.from_url(url, socket_connect_timeout=1, socket_timeout=3)
        _pools[url] = pool
    return Redis(connection_pool=pool)


def enqueue(job: str, argument: int) -> bool:
    """Ask for `job(argument)` to run soon. True when Redis took it, or has it waiting already.

    One that waits will see whatever was committed before we asked, so asking twice would only make the queue
    longer: the ticker asks every few seconds, for hours while no worker runs.

    Not RQ's `unique`: a worker that dies holds its job's id for minutes, and nobody could ask again. Jobs settle
    among themselves in the database who does the work. Raises KeyError for a job that JOBS does not have.
    """
    name, timeout = JOBS[job]
    try:
        queue = Queue(name, connection=connection())
        stem = _stem(job, argument)
        if any(waiting_id.startswith(stem) for waiting_id in queue.get_job_ids()):
            return True
        queue.enqueue(
            job,
            argument,
            job_id=stem + token_hex(6),
            job_timeout=timeout,
            result_ttl=0,
            failure_ttl=_FAILURE_TTL,
        )
    except RedisError as error:
        log.warning("enqueue_failed", job=job, argument=argument, error=str(error))
        return False
    return True


def _stem(job: str, argument: int) -> str:
    """How the ids of all jobs begin that do this."""
    return f"{job.replace('.', '-')}-{argument}-"


def enqueue_after_commit(session: Session, job: str, argument: int) -> None:
    """Queue `job(argument)` once the session's write transaction has committed. Never fails that transaction."""

    def ask() -> None:
        enqueue(job, argument)

    after_commit(session, ask)


def withdraw(job: str, argument: int) -> None:
    """Take `job(argument)` off the queue where it waits: somebody does it now. Nothing where Redis cannot be asked."""
    stem = _stem(job, argument)
    try:
        queue = Queue(JOBS[job][0], connection=connection())
        for waiting_id in queue.get_job_ids():
            if waiting_id.startswith(stem) and queue.connection.lrem(queue.key, 1, waiting_id):
                queue.connection.delete(Job.key_for(waiting_id))  # ours alone now: no worker can have it
    except RedisError as error:
        log.warning("withdraw_failed", job=job, argument=argument, error=str(error))


def others_wait(job: str, argument: int) -> bool:
    """Whether anything but `job(argument)` itself waits on the queue of `job`; not when Redis cannot be asked."""
    stem = _stem(job, argument)
    try:
        waiting_ids = Queue(JOBS[job][0], connection=connection()).get_job_ids()
    except RedisError:
        return False
    return any(not waiting_id.startswith(stem) for waiting_id in waiting_ids)


def counts() -> dict[str, tuple[int, int]]:
    """How many jobs wait on each queue, and how many have failed. Raises RedisError."""
    queues = [Queue(name, connection=connection()) for name in QueueName]
    return {queue.name: (queue.count, queue.failed_job_registry.count) for queue in queues}
