"""Answers to common questions, and finding one. Open to strangers, who see no account's routes and no prices."""

from __future__ import annotations

import io
from typing import Any

from flask import abort, current_app, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app import language
from app.access import public
from app.blueprints.help import blueprint
from app.extensions import db
from app.gateways.errors import ERROR_WORDS
from app.help.calculating import Calculation, calculate
from app.help.facts import Facts, facts_of, public_facts, staff_facts
from app.help.prefixes import prefix_words
from app.help.searching import Answer, Index, answers_in
from app.help.topics import GROUPS, TOPICS
from app.recipients import template as sample_files
from config import Settings

_SAMPLES = {
    "csv": (sample_files.template_csv, "text/csv"),
    "txt": (sample_files.template_txt, "text/plain"),
    "xlsx": (
        sample_files.template_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
_LONGEST_QUERY = 100
# Made once a process for each language, and anew when a setting that a page names has changed.
_indexes: dict[str, tuple[Facts, Index]] = {}


@blueprint.get("/help")
@public
def index() -> ResponseReturnValue:
    """Every page with its questions; or, for `q`, the answers that fit."""
    query = " ".join(request.args.get("q", "").split())[:_LONGEST_QUERY]
    found = _index().search(query) if query else []
    return render_template(
        "help/index.html", groups=GROUPS, topics=TOPICS, questions=_questions(), query=query, found=found
    )


@blueprint.get("/help/<slug>")
@public
def topic(slug: str) -> ResponseReturnValue:
    """One page of questions and answers."""
    if slug not in TOPICS:
        abort(404)
    values = _values(_reader_facts())
    if slug == "price":
        values["calculator"] = _calculation(values["facts"])
    return render_template(
        "help/topic.html",
        topic=TOPICS[slug],
        partial=_partial(slug),
        questions=_questions()[slug],
        groups=GROUPS,
        **values,
    )


@blueprint.get("/help/sample.<kind>")
@public
def sample(kind: str) -> ResponseReturnValue:
    """A recipient file to look at and fill in, as csv, xlsx or txt."""
    if kind not in _SAMPLES:
        abort(404)
    make, mimetype = _SAMPLES[kind]
    return send_file(
        io.BytesIO(make()), mimetype=mimetype, as_attachment=True, download_name=f"sample.{kind}"
    )


def _reader_facts() -> Facts:
    if not current_user.is_authenticated:
        return public_facts(_settings())
    if current_user.account_id is None:
        return staff_facts(db.session(), _settings())
    return facts_of(db.session(), _settings(), current_user.account_id)


def _values(facts: Facts) -> dict[str, Any]:
    """What the pages' texts may name."""
    reasons = sorted({language.gettext(words) for words in ERROR_WORDS.values()})
    return {"facts": facts, "reasons": reasons, "prefix_words": prefix_words}


def _calculation(facts: Facts) -> Calculation:
    return calculate(facts, request.args.get("text", ""), request.args.get("recipients", ""))


def _index() -> Index:
    """Of the texts that everybody may read: what an account pays is found on its page, not in the index."""
    facts, spoken = public_facts(_settings()), language.current()
    kept = _indexes.get(spoken)
    if kept is None or kept[0] != facts:
        _indexes[spoken] = kept = (facts, Index(_answers(facts)))
    return kept[1]


def _answers(facts: Facts) -> list[Answer]:
    found = []
    for slug, about in TOPICS.items():
        html = render_template(_partial(slug), **_values(facts))
        found += answers_in(slug, language.gettext(about.title), html)
    return found


def _questions() -> dict[str, list[Answer]]:
    by_page: dict[str, list[Answer]] = {slug: [] for slug in TOPICS}
    for answer in _index().answers:
        by_page[answer.slug].append(answer)
    return by_page


def _partial(slug: str) -> str:
    return f"help/topics/{slug}.html"


def _settings() -> Settings:
    settings: Settings = current_app.config["CARILLON"]
    return settings
