"""The worker: `python -m jobs.worker QUEUE [QUEUE …]`, each queue served before those named after it.

RQ's forking worker, with what we found it to lack: its work-horse dies with it, it outlasts a Redis that goes
away, it asks a long job to finish when it is asked to stop, it clears up after one that was killed, and it leaves no
number and no text in Redis, where a failed job stays for a week.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job

from app.logs import where_it_broke
from app.queues import QueueName
from jobs import interpreter, shutdown
from jobs.context import await_schema, load_app
from jobs.parent_death import die_with
from jobs.patience import Patience
from jobs.predecessors import bury_dead, worker_name

log = structlog.get_logger()

# RQ renews its own registration every WORKER_SECONDS - 15; a worker that vanished is noticed after these.
WORKER_SECONDS = 60
MAINTENANCE_SECONDS = 60


class CarillonWorker(Worker):
    """One process that takes jobs, and one forked work-horse at a time that does them."""

    def __init__(self, queues: Sequence[str], redis_url: str) -> None:
        self.patience = Patience()
        connection = Redis.from_url(redis_url, retry=self.patience, socket_keepalive=True)
        super().__init__(
            list(queues),
            name=worker_name(),
            connection=connection,
            worker_ttl=WORKER_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
            log_job_description=False,
        )

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """The forked child's life. First of all it ties itself to ours."""
        assert self.pid is not None
        die_with(self.pid)
        super().main_work_horse(job, queue)

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Any = None,
    ) -> None:
        """Keep of what a job raised its type and its place: a database's error repeats its row, numbers and texts.

        What RQ says of a killed work-horse is its own words, and stays.
        """
        error = sys.exception()
        told = exc_string if error is None else where_it_broke(error)
        log.error("job_failed", job=job.func_name, about=job.args[0] if job.args else None, reason=told)
        super().handle_job_failure(job, queue, started_job_registry, told, execution)

    def setup_work_horse_signals(self) -> None:
        """Ctrl-C is ours to handle, and SIGTERM asks the job to finish soon."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        shutdown.listen()

    def handle_warm_shutdown_request(self) -> None:
        """Asked to stop: pass it on to the job, if one runs."""
        self.patience.end()
        if self.horse_pid:
            self.kill_horse(signal.SIGTERM)


def work(queues: Sequence[str], redis_url: str) -> None:
    """Serve the queues until SIGTERM or SIGINT."""
    worker = CarillonWorker(queues, redis_url)
    bury_dead(worker.connection)
    log.info("worker_ready", queues=",".join(queues))
    try:
        worker.work(logging_level="WARNING")
    except RedisError as error:
        # Only a worker that is leaving gives up on Redis: it could not sign off, and RQ forgets it by itself.
        log.warning("worker_left_unannounced", error=str(error))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m jobs.worker", description=work.__doc__)
    parser.add_argument("queues", nargs="+", choices=[str(name) for name in QueueName], metavar="QUEUE")
    options = parser.parse_args(arguments)
    app = load_app()  # before the fork: every work-horse finds it made
    await_schema()
    interpreter.prepare()
    work(options.queues, app.config["CARILLON"].redis_url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
