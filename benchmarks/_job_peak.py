"""The most memory, in MB, that a worker's process takes to check a task: `python -m benchmarks._job_peak file text`.

The application is loaded as `jobs.context` loads it. On PostgreSQL the check is the same code; the driver is smaller.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def measure(path: Path, text: str) -> float:
    """Check a task with this file in this process. Linux alone tells the peak of a process by itself."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            CARILLON_ENV="test", CARILLON_INSTANCE=folder, DATABASE_URL=f"sqlite:///{folder}/peak.db"
        )
        from app.extensions import db
        from app.models import Base, Task, TaskState
        from benchmarks._stored_check import draft_of
        from jobs.context import job_session, job_settings
        from jobs.intake import check

        with job_session() as session:
            Base.metadata.create_all(db.engine)
            task_id = draft_of(session, job_settings(), path, text)
        check(task_id)
        with job_session() as session:
            assert session.get_one(Task, task_id).state == TaskState.READY
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 2**10


if __name__ == "__main__":
    print(measure(Path(sys.argv[1]), sys.argv[2]))
