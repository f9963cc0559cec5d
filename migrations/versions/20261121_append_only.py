"""Let the database itself refuse to change or take away what is on record: ledger entries and audit events.

Written by hand: triggers are no part of the models. On SQLite a later revision that builds one of these tables
anew ("batch mode") loses its triggers, and has to call `upgrade` of this one again.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("ledger_entry", "audit_event")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {act} is refused.'); END"
                )
        return
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % is refused.', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for act in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_refuses_{act}")
        return
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_refuses_change ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
