"""What daily caps count, and who was written to in the last 24 hours.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("account", "route"):
        op.add_column(table, sa.Column("daily_used", sa.Integer(), server_default="0", nullable=False))
        op.add_column(table, sa.Column("daily_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("route", sa.Column("recipients_full_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "recipient_pool",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_recipient_pool")),
    )
    op.create_table(
        "recent_recipient",
        sa.Column("pool", sa.String(length=80), nullable=False),
        sa.Column("e164", sa.String(length=16), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pool"], ["recipient_pool.name"], name=op.f("fk_recent_recipient_pool")),
        sa.PrimaryKeyConstraint("pool", "e164", name=op.f("pk_recent_recipient")),
    )
    op.create_index("ix_recent_recipient_pool_last_at", "recent_recipient", ["pool", "last_at"])


def downgrade() -> None:
    op.drop_table("recent_recipient")
    op.drop_table("recipient_pool")
    op.drop_column("route", "recipients_full_until")
    for table in ("account", "route"):
        op.drop_column(table, "daily_until")
        op.drop_column(table, "daily_used")
