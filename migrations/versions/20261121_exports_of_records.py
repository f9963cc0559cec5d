"""Exports of records, and tasks that send again to those that failed.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_SOME = sa.text("again_of_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "record_export",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("file_type", sa.String(length=4), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_reason", sa.String(length=500), nullable=True),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_found", sa.Integer(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("touched_at", _MOMENT, nullable=False),
        sa.Column("ready_at", _MOMENT, nullable=True),
        sa.Column("expires_at", _MOMENT, nullable=True),
        sa.Column("file_key", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_record_export_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_record_export_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_export")),
        sa.UniqueConstraint("public_id", name=op.f("uq_record_export_public_id")),
    )
    op.create_index("ix_record_export_account_id_id", "record_export", ["account_id", "id"])
    op.create_index("ix_record_export_expires_at", "record_export", ["expires_at"])
    op.create_index("ix_record_export_state_touched_at", "record_export", ["state", "touched_at"])
    op.add_column("task", sa.Column("again_of_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_task_again_of_id", "task", ["again_of_id"], sqlite_where=_SOME, postgresql_where=_SOME
    )


def downgrade() -> None:
    op.drop_index("ix_task_again_of_id", table_name="task")
    op.drop_column("task", "again_of_id")
    op.drop_table("record_export")
