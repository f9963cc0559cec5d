"""What was done with one thing: the audit log by its subject, for the history of a task.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_event_subject", "audit_event", ["subject", "id"])


def downgrade() -> None:
    op.drop_index("ix_audit_event_subject", table_name="audit_event")
