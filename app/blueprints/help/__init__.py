"""Pages that explain: answers to common questions, the first steps, the terms, the sandbox."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("help", __name__)

from app.blueprints.help import first_steps, routes, topics  # noqa: E402, F401

blueprint.app_context_processor(lambda: {"first_steps": first_steps.steps_of_reader})
