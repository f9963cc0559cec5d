"""What the next holder of a route must know: when its last messages arrived, and that the lease was given back.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pump_lease", sa.Column("arrived", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("pump_lease", sa.Column("given_back", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("pump_lease") as batch:
        batch.drop_column("given_back")
        batch.drop_column("arrived")
