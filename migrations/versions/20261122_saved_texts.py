"""Saved texts, which draft a test message tries out, and an order of tasks by their set time.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

import app.models.base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", app.models.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", app.models.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_saved_text_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_saved_text_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_text")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_saved_text_account_id_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_saved_text_public_id")),
    )
    op.add_column("task", sa.Column("test_of", sa.String(length=16), nullable=True))
    has_time = sa.text("scheduled_at IS NOT NULL")
    op.create_index(
        "ix_task_account_id_scheduled_at",
        "task",
        ["account_id", "scheduled_at", "id"],
        sqlite_where=has_time,
        postgresql_where=has_time,
    )


def downgrade() -> None:
    op.drop_index("ix_task_account_id_scheduled_at", table_name="task")
    op.drop_column("task", "test_of")
    op.drop_table("saved_text")
