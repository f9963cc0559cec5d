"""Since when a route goes to the carrier that it goes to: what left before is known elsewhere.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("route", sa.Column("carrier_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("route") as batch:
        batch.drop_column("carrier_since")
