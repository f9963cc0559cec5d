"""The first page of a task's evidence pack: everything that a person asks first, on paper."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.language import decimals
from app.language import gettext as _
from app.pricing import PRICE_DECIMALS, credits
from app.sending.drafting.countries import country_name

if TYPE_CHECKING:
    from app.exports.evidence import Evidence
    from app.topups.paper import Paper


def summary_pdf(evidence: Evidence, zone: ZoneInfo) -> bytes:
    """The summary, the same bytes for the same state of the task."""
    from app.topups.paper import Paper

    task = evidence.task
    paper = Paper(evidence.changed_at, _("Evidence of “%(task)s”", task=task.name))
    paper.words(_("Evidence of a task"), size=20, bold=True)
    paper.words(task.name, size=13)
    paper.ln(3)
    _task(paper, evidence, zone)
    _title(paper, _("Accepted"))
    _accepted(paper, evidence, zone)
    _title(paper, _("Message"))
    paper.words(task.content)
    _title(paper, _("Checks"))
    for words in evidence.checks or [
        _("Nothing was found in the content, the sender ID or the merged rows.")
    ]:
        paper.words(words)
    _title(paper, _("What became of it"))
    _outcome(paper, evidence)
    _title(paper, _("Credits"))
    _credits(paper, evidence)
    _title(paper, _("History"))
    for happening in evidence.story:
        note = f" {happening.note}" if happening.note else ""
        paper.pair(_moment(happening.at, zone), f"{happening.words}{note}")
    paper.ln(4)
    words = _(
        "Every message, every ledger entry and every rejected row is in the csv files beside this page."
    )
    paper.words(words, size=9, quiet=True)
    return bytes(paper.output())


def _task(paper: Paper, evidence: Evidence, zone: ZoneInfo) -> None:
    task = evidence.task
    paper.pair(_("Account"), evidence.account)
    paper.pair(_("Task"), task.public_id)
    paper.pair(_("Route"), task.route.name)
    paper.pair(_("Sender ID"), task.sender_id or _("The route’s own sender ID"))
    if task.upload_name:
        paper.pair(_("File"), task.upload_name)
    paper.pair(_("Scheduled"), _moment(task.scheduled_at, zone) if task.scheduled_at else _("At once"))
    paper.pair(_("Started"), _moment(task.started_at, zone))
    paper.pair(_("Finished"), _moment(task.finished_at, zone))
    paper.pair(_("As it stood on"), _moment(evidence.changed_at, zone))
    paper.pair(_("Times in"), zone.key.replace("_", " "))


def _accepted(paper: Paper, evidence: Evidence, zone: ZoneInfo) -> None:
    accepted = evidence.acceptance
    paper.pair(_("Submitted by"), f"{accepted.name} <{accepted.email}>")
    paper.pair(_("Submitted"), _moment(accepted.submitted_at, zone))
    paper.pair(_("From the IP address"), accepted.ip or "–")
    paper.pair(_("Terms"), _("Version %(version)s", version=accepted.terms_version or "–"))
    paper.pair(_("First accepted"), _moment(accepted.terms_accepted_at, zone))


def _outcome(paper: Paper, evidence: Evidence) -> None:
    counts = evidence.counts
    waiting = counts["queued"] + counts["sending"]
    for words, number in (
        (_("Recipients"), counts["total"]),
        (_("Segments"), evidence.segments),
        (_("Delivered"), counts["delivered"]),
        (_("Accepted by the network"), counts["accepted"]),
        (_("Failed"), counts["failed"]),
        (_("In doubt"), counts["in_doubt"]),
        (_("Cancelled"), counts["cancelled"]),
        (_("Waiting"), waiting),
        (_("Rows left out before"), evidence.rejected),
    ):
        paper.pair(words, f"{number:,}")
    for line in (evidence.task.quote or {}).get("lines", []):
        paper.pair(country_name(line["region"]), f"{line['recipients']:,} × {_amount(line['millicredits'])}")


def _credits(paper: Paper, evidence: Evidence) -> None:
    money = evidence.money
    for words, amount in (
        (_("Held at submission"), money.held),
        (_("Charged"), money.charged),
        (_("Given back"), money.released),
        (_("Refunded"), money.refunded),
        (_("Still held"), money.outstanding),
        (_("Cost"), money.cost),
    ):
        paper.pair(words, _amount(amount))


def _amount(millicredits: int) -> str:
    return decimals(credits(millicredits, PRICE_DECIMALS))


def _title(paper: Paper, words: str) -> None:
    paper.ln(3)
    paper.words(words, size=13, bold=True)
    paper.ln(1)


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d %b %Y %H:%M:%S %Z}" if moment is not None else "–"
