"""Hourly sums of what became of routes' messages, their pace and events, and the log of tries that failed.

The sums are filled from the messages there are, so that the ledger audit holds from the first moment.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HELD_OUT = sa.text("money = 'held' AND status IN ('accepted', 'in_doubt')")
_STEPS = (1, 2, 3, 5, 8, 13, 21, 34, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400)


def upgrade() -> None:
    op.create_table(
        "route_hour",
        sa.Column("route_id", _BIG, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("region", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["route_id"], ["route.id"], name=op.f("fk_route_hour_route_id")),
        sa.PrimaryKeyConstraint("route_id", "hour", "kind", "region", "name", name=op.f("pk_route_hour")),
    )
    op.create_table(
        "route_outcome",
        sa.Column("route_id", _BIG, nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["route_id"], ["route.id"], name=op.f("fk_route_outcome_route_id")),
        sa.PrimaryKeyConstraint("route_id", "outcome", name=op.f("pk_route_outcome")),
    )
    op.create_table(
        "route_pace",
        sa.Column("route_id", _BIG, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("window", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["route_id"], ["route.id"], name=op.f("fk_route_pace_route_id")),
        sa.PrimaryKeyConstraint("route_id", "slot", name=op.f("pk_route_pace")),
    )
    op.create_table(
        "route_event",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("route_id", _BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["route_id"], ["route.id"], name=op.f("fk_route_event_route_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_event")),
    )
    op.create_index("ix_route_event_route_id_id", "route_event", ["route_id", "id"])
    op.create_table(
        "gateway_try",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("message_id", _BIG, nullable=False),
        sa.Column("route_id", _BIG, nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("said", sa.String(length=600), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_gateway_try_message_id")),
        sa.ForeignKeyConstraint(["route_id"], ["route.id"], name=op.f("fk_gateway_try_route_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_try")),
    )
    op.create_index("ix_gateway_try_message_id", "gateway_try", ["message_id"])
    op.create_index("ix_gateway_try_answered_at", "gateway_try", ["answered_at"])
    op.create_index(
        "ix_message_held_out",
        "message",
        ["status", "sent_at"],
        sqlite_where=_HELD_OUT,
        postgresql_where=_HELD_OUT,
    )
    _fill()


def downgrade() -> None:
    op.drop_index("ix_message_held_out", "message", sqlite_where=_HELD_OUT, postgresql_where=_HELD_OUT)
    for table in ("gateway_try", "route_event", "route_pace", "route_outcome", "route_hour"):
        op.drop_table(table)


def _fill() -> None:
    """Whole seconds are cut off, not rounded, as the panel cuts them."""
    if op.get_bind().dialect.name == "sqlite":
        seconds = "CAST(strftime('%s', substr({0}, 1, 19)) AS INTEGER)"
    else:
        seconds = "CAST(floor(extract(epoch FROM {0})) AS bigint)"
    sent, final = seconds.format("sent_at"), seconds.format("final_at")
    steps = " ".join(f"WHEN {final} - {sent} <= {step} THEN '{step}'" for step in _STEPS)
    for kind, name, where in (
        ("status", "status", "status IN ('accepted', 'delivered', 'failed', 'in_doubt')"),
        ("error", "error_code", "status IN ('failed', 'in_doubt') AND error_code IS NOT NULL"),
        ("receipt", f"CASE {steps} ELSE 'longer' END", "status = 'delivered' AND final_at IS NOT NULL"),
    ):
        op.execute(
            sa.text(
                f"INSERT INTO route_hour (route_id, hour, kind, region, name, messages) "  # noqa: S608
                f"SELECT route_id, {sent} / 3600, '{kind}', region, {name}, count(*) FROM message "
                f"WHERE sent_at IS NOT NULL AND {where} GROUP BY 1, 2, 4, 5"
            )
        )
