"""Stopping letters of one kind by the link in them, without signing in.

A reader gets a page that asks; a mail program posts by itself (RFC 8058: no cookies, no redirect), which is why the
address takes a post without a token of ours. It can do nothing but stop one kind of letters to one person.
"""

from __future__ import annotations

from flask import current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import public
from app.blueprints.notices import blueprint
from app.database import write_transaction
from app.errors import NotFound
from app.extensions import csrf, db
from app.letters.stopping import named_in
from app.notices import choices
from app.notices.kinds import KINDS, Kind


@blueprint.get("/stop/<token>")
@public
def ask_to_stop(token: str) -> ResponseReturnValue:
    """Asks first: mail programs and scanners open links that nobody clicked."""
    _user_id, kind = _named(token)
    return render_template("notices/stop.html", kind=kind, token=token, stopped=False)


@blueprint.post("/stop/<token>")
@csrf.exempt
@public
def stop(token: str) -> ResponseReturnValue:
    """No more letters of this kind; a second time changes nothing."""
    user_id, kind = _named(token)
    with write_transaction(db.session()) as session:
        choices.stop_letters(session, user_id, kind.kind)
    return render_template("notices/stop.html", kind=kind, token=token, stopped=True)


def _named(token: str) -> tuple[int, Kind]:
    """Whose letters and of which kind. Raises NotFound for a link that was never ours."""
    named = named_in(token, current_app.config["CARILLON"].secret_key)
    kind = {each.value: kind for each, kind in KINDS.items()}.get(named[1]) if named else None
    if named is None or kind is None or kind.always_written:
        raise NotFound(_("This link is not complete. Open it from the e-mail again."))
    return named[0], kind
