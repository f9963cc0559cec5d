"""Clear up after workers of this machine that died at work.

For some 90 seconds RQ counts a dead worker among the living, its job as running, and the job's id as taken.
Its work-horse died with it, so nothing runs: the next worker to start here says so at once, and who looks at
the queues sees what is true.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import structlog
from redis import Redis
from rq import Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.worker import BaseWorker

log = structlog.get_logger()

_START_TIME = 19  # the 22nd field of /proc/PID/stat, counted after the "(name)"; see proc(5)


def worker_name() -> str:
    """This process's name as a worker; it tells apart two processes that had the same id in turn."""
    pid = os.getpid()
    return f"{socket.gethostname()}-{pid}-{_started(pid)}"


def bury_dead(connection: Redis) -> int:
    """End, for RQ, this machine's dead workers and what they were doing. Returns how many there were."""
    dead = [worker for worker in Worker.all(connection=connection) if _is_dead(worker)]
    for worker in dead:
        for execution in worker.get_current_executions(refresh=True):
            try:
                job = Job.fetch(execution.job_id, connection=connection)
            except NoSuchJobError:
                continue
            queue = next((queue for queue in worker.queues if queue.name == job.origin), worker.queues[0])
            worker.handle_job_failure(job, queue, exc_string="Its worker died.", execution=execution)
            log.warning("job_abandoned", job=job.id, worker=worker.name)
        worker.register_death()
    return len(dead)


def _is_dead(worker: BaseWorker) -> bool:
    """Only of workers that ran on this machine, under a name of ours, can it be known."""
    host, _, rest = worker.name.rpartition("-")[0].rpartition("-")
    started = worker.name.rpartition("-")[2]
    if host != socket.gethostname() or not rest.isdecimal():
        return False
    return _started(int(rest)) != started


def _started(pid: int) -> str:
    """When a process started, in ticks since boot. Empty when there is none; "0" where /proc is missing."""
    if not Path("/proc/self/stat").exists():
        return "0" if _exists(pid) else ""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[_START_TIME]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
