"""Where the words of tasks' names begin, to be searched, and what was submitted on each day of UTC.

Both are filled from the tasks there are, so that searches find them and the ledger audit holds from the first moment.

Revision ID: 0014
Revises: 0013
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_START = sa.String(100).with_variant(sa.String(100, collation="C"), "postgresql")
_AT_ONCE = 5_000


def upgrade() -> None:
    names = op.create_table(
        "task_name",
        sa.Column("task_id", _BIG, nullable=False),
        sa.Column("start", _START, nullable=False),
        sa.Column("account_id", _BIG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_task_name_account_id")),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_task_name_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "start", name=op.f("pk_task_name")),
    )
    _fill_names(names)
    op.create_index("ix_task_name_account_id_start", "task_name", ["account_id", "start", "task_id"])
    op.create_table(
        "submitted_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("route_id", _BIG, nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("messages", "sent", "failed", "price")
        ),
        sa.ForeignKeyConstraint(["route_id"], ["route.id"], name=op.f("fk_submitted_day_route_id")),
        sa.PrimaryKeyConstraint("day", "route_id", name=op.f("pk_submitted_day")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    day = "date(submitted_at)" if is_sqlite else "CAST(submitted_at AT TIME ZONE 'UTC' AS date)"
    op.execute(
        "INSERT INTO submitted_day (day, route_id, tasks, messages, sent, failed, price)"  # noqa: S608
        f" SELECT {day}, route_id, count(*), sum(total), sum(accepted + delivered), sum(failed), sum(price)"
        f" FROM task WHERE day IS NOT NULL GROUP BY {day}, route_id"
    )


def downgrade() -> None:
    op.drop_table("submitted_day")
    op.drop_table("task_name")


def _fill_names(names: sa.Table) -> None:
    """As `app.models.task_name` writes them today."""
    bind, last = op.get_bind(), 0
    task = sa.table("task", *map(sa.column, ("id", "account_id", "name")))
    while True:
        found = bind.execute(
            sa.select(task).where(task.c.id > last).order_by(task.c.id).limit(_AT_ONCE)
        ).all()
        if not found:
            return
        last = found[-1].id
        rows = [
            {"task_id": each.id, "account_id": each.account_id, "start": start}
            for each in found
            for start in sorted(_beginnings(each.name))
        ]
        if rows:
            bind.execute(sa.insert(names), rows)


def _beginnings(name: str) -> set[str]:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    words = "".join(sign if _is_of_word(sign) else " " for sign in folded).split()
    text = " ".join(words or folded.split())[:100]
    return {text[place:] for place, sign in enumerate(text) if sign != " " and _begins(text, place)}


def _is_of_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign).startswith("M")


def _begins(text: str, place: int) -> bool:
    sign, before = text[place], text[place - 1] if place else " "
    return before == " " or unicodedata.category(sign) == "Lo" or sign.isdecimal() != before.isdecimal()
