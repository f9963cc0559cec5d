"""The index of claims holds what is being sent or in doubt, and that of gateways' ids what has one.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UNANSWERED = sa.text("status IN ('sending', 'in_doubt')")
NAMED = sa.text("gateway_id IS NOT NULL")


def upgrade() -> None:
    partial("ix_message_unanswered", ["status", "claim_expires_at"], UNANSWERED)
    op.drop_index("ix_message_status_claim_expires_at", "message")
    op.drop_index("ix_message_route_id_gateway_id", "message")
    partial("ix_message_route_id_gateway_id", ["route_id", "gateway_id"], NAMED)


def downgrade() -> None:
    op.drop_index("ix_message_route_id_gateway_id", "message")
    op.create_index("ix_message_route_id_gateway_id", "message", ["route_id", "gateway_id"])
    op.create_index("ix_message_status_claim_expires_at", "message", ["status", "claim_expires_at"])
    op.drop_index("ix_message_unanswered", "message")


def partial(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "message", columns, sqlite_where=where, postgresql_where=where)
