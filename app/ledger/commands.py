"""`flask ledger …`: the books on the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.extensions import db
from app.ledger import audit as books
from app.ledger.audit import AuditReport

ledger_commands = AppGroup("ledger", help="Prove that the credits add up.")


@ledger_commands.command("audit")
@click.option("--account", "account_id", type=int, help="Examine this account only.")
def audit(account_id: int | None) -> None:
    """Compare balances, entries, tasks and messages. Ends with status 1 when anything differs."""
    report = books.audit(db.session(), account_id)
    for line in _lines(report):
        click.echo(line)
    if not report.ok:
        raise SystemExit(1)


def _lines(report: AuditReport) -> list[str]:
    """The differences as a table, and a last line that sums up."""
    counts = f"ledger audit: {report.accounts} accounts, {report.entries} entries"
    if report.ok:
        return [f"{counts}, no difference"]
    heading = f"{'account':>8} {'task':>8} {'expected':>16} {'found':>16}  what"
    rows = [
        f"{each.account_id or '–':>8} {each.task_id or '–':>8} {each.expected:>16,} {each.found:>16,}  {each.what}"
        for each in report.differences
    ]
    noun = "difference" if len(rows) == 1 else "differences"
    return [heading, *rows, f"{counts}, {len(rows)} {noun}"]
