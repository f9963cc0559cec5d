"""The audit log."""

from __future__ import annotations

from flask import Blueprint

from app.desk import audit_words

blueprint = Blueprint("desk_audit", __name__, url_prefix="/staff/audit")

blueprint.add_app_template_filter(audit_words.words_of, "act_words")
blueprint.add_app_template_filter(audit_words.value_words)

from app.blueprints.desk_audit import routes  # noqa: E402, F401
