"""What may have left by an earlier try, and tries that were our own failures; nothing is claimed in advance any more.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "message", sa.Column("may_have_left", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("message", sa.Column("own_failures", sa.Integer(), server_default="0", nullable=False))
    # Claimed counted as waiting everywhere, as queued does: no counter, no sum and no entry changes with it.
    op.execute(
        "UPDATE message SET status = 'queued', claim = NULL, claim_expires_at = NULL WHERE status = 'claimed'"
    )
    op.execute(
        "UPDATE message SET may_have_left = TRUE WHERE status IN ('queued', 'sending') AND attempt > 0"
        " AND id IN (SELECT message_id FROM gateway_try WHERE outcome = 'in_doubt')"
    )


def downgrade() -> None:
    op.drop_column("message", "own_failures")
    op.drop_column("message", "may_have_left")
