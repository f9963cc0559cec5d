"""Indexes that the record lists are read by, sums of the ledger by blocks and of the days by months, and when a
task's texts and numbers were erased.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WAITING = "total - (accepted + delivered + failed + in_doubt + cancelled)"
SUMS = ("tasks", "messages", "segments", "accepted", "delivered", "failed", "in_doubt", "cancelled")
MONEY = ("price", "charged", "refunded")
ENTRIES_IN_BLOCK = 1_024


def upgrade() -> None:
    op.add_column("task", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    for name, counter in (("accepted", "accepted"), ("delivered", "delivered"), ("waiting", WAITING)):
        partial(f"ix_task_{name}", ["account_id", "submitted_at", "id"], f"{counter} > 0")
    partial("ix_task_to_erase", ["finished_at"], "erased_at IS NULL AND finished_at IS NOT NULL")
    partial("ix_task_drafts_to_erase", ["changed_at"], "erased_at IS NULL AND submitted_at IS NULL")
    op.create_index("ix_task_account_id_created_at", "task", ["account_id", "created_at", "id"])
    op.create_index("ix_task_account_id_state", "task", ["account_id", "state", "created_at", "id"])
    op.create_index("ix_rollup_account_id_route_id", "rollup", ["account_id", "route_id"])
    op.create_index(
        "ix_ledger_entry_account_id_created_at", "ledger_entry", ["account_id", "created_at", "id"]
    )
    op.create_table(
        "ledger_block",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("came_in", sa.BigInteger(), nullable=False),
        sa.Column("went_out", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ledger_block_account_id")),
        sa.PrimaryKeyConstraint("account_id", "block", name=op.f("pk_ledger_block")),
    )
    op.create_table(
        "rollup_month",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("route_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region", sa.String(length=3), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in SUMS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in MONEY),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_rollup_month_account_id")),
        sa.ForeignKeyConstraint(["route_id"], ["route.id"], name=op.f("fk_rollup_month_route_id")),
        sa.PrimaryKeyConstraint("account_id", "month", "route_id", "region", name=op.f("pk_rollup_month")),
    )
    sum_up()


def partial(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "task", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def sum_up() -> None:
    """What the entries and days that are there already come to."""
    entry = sa.table("ledger_entry", *map(sa.column, ("account_id", "id", "available")))
    block = sa.literal_column(f"id / {ENTRIES_IN_BLOCK}")
    op.execute(
        sa.table("ledger_block", *map(sa.column, ("account_id", "block", "came_in", "went_out", "entries")))
        .insert()
        .from_select(
            ["account_id", "block", "came_in", "went_out", "entries"],
            sa.select(
                entry.c.account_id,
                block,
                sa.func.sum(sa.case((entry.c.available > 0, entry.c.available), else_=0)),
                sa.func.sum(sa.case((entry.c.available < 0, -entry.c.available), else_=0)),
                sa.func.count(),
            ).group_by(entry.c.account_id, block),
        )
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    month = sa.literal_column(
        "date(day, 'start of month')" if is_sqlite else "CAST(date_trunc('month', day) AS date)"
    )
    names = (*SUMS, *MONEY)
    key = ("account_id", "route_id", "region")
    day = sa.table("rollup", *map(sa.column, (*key, *names)))
    op.execute(
        sa.table("rollup_month", *map(sa.column, (*key, "month", *names)))
        .insert()
        .from_select(
            [*key, "month", *names],
            sa.select(
                *(day.c[name] for name in key), month, *(sa.func.sum(day.c[name]) for name in names)
            ).group_by(*(day.c[name] for name in key), month),
        )
    )


def downgrade() -> None:
    op.drop_table("rollup_month")
    op.drop_table("ledger_block")
    op.drop_index("ix_ledger_entry_account_id_created_at", table_name="ledger_entry")
    op.drop_index("ix_rollup_account_id_route_id", table_name="rollup")
    names = (
        "accepted",
        "delivered",
        "waiting",
        "to_erase",
        "drafts_to_erase",
        "account_id_created_at",
        "account_id_state",
    )
    for name in names:
        op.drop_index(f"ix_task_{name}", table_name="task")
    op.drop_column("task", "erased_at")
