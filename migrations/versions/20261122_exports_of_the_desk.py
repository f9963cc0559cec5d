"""Let staff have lists made into files, which are of no account.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("record_export") as table:
        table.alter_column("account_id", existing_type=sa.Integer(), nullable=True)
        table.alter_column("kind", existing_type=sa.String(12), type_=sa.String(16), existing_nullable=False)
        table.create_index("ix_record_export_user_id_id", ["user_id", "id"])


def downgrade() -> None:
    op.execute("DELETE FROM record_export WHERE account_id IS NULL")
    with op.batch_alter_table("record_export") as table:
        table.drop_index("ix_record_export_user_id_id")
        table.alter_column("kind", existing_type=sa.String(16), type_=sa.String(12), existing_nullable=False)
        table.alter_column("account_id", existing_type=sa.Integer(), nullable=False)
