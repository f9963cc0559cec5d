"""Find what one member of staff approved within a day, without reading every top-up.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_top_up_decided_by_decided_at", "top_up", ["decided_by", "decided_at"])


def downgrade() -> None:
    op.drop_index("ix_top_up_decided_by_decided_at", table_name="top_up")
