"""The house's promises about itself: which way imports run, that jobs and queues exist, who may open what."""

from __future__ import annotations

import re
import shlex
from importlib import import_module

import pytest
from flask import Flask

from tests.source import ROOT, Module, circles, modules

CODE = modules("app", "jobs")

# From the ground up. A room may import its own floor and those below it, never one above.
FLOORS: tuple[tuple[str, ...], ...] = (
    (
        "app.clock",
        "app.errors",
        "app.language",
        "app.secrets",
        "app.pricing",
        "app.content",
        "app.recipients",
        "app.gateways",
    ),
    ("app.database", "app.schema"),
    ("app.models",),
    ("app.queues", "app.ledger"),
    (
        "app.desk",
        "app.letters",
        "app.notices",
        "app.lists",
        "app.whatsapp",
        "app.accounts",
        "app.help",
        "app.saved_texts",
        "app.stored_files",
        "app.sending",
        "app.topups",
        "app.records",
        "app.moderation",
        "app.support",
        "app.exports",
        "app.retention",
        "app.demo",
        "app.bulk_load",
        "app.load",
    ),
    (
        "app.extensions",
        "app.access",
        "app.delivery",
        "app.security",
        "app.web_context",
        "app.web_errors",
        "app.web_language",
        "app.web_sessions",
        "app.web_statuses",
        "app.web_figures",
        "app.logs",
    ),
    ("app.blueprints", "app.cli"),
    ("app",),
    ("jobs",),
)
FLOOR = {package: number for number, floor in enumerate(FLOORS) for package in floor}
PURE = FLOORS[0]
DOMAIN = {package for floor in FLOORS[:5] for package in floor}
COMMANDS_FLOOR = FLOOR["app.cli"]  # a room's commands.py is its door to the command line, and stands up there

# Every page that opens without signing in. Think twice before making this list longer.
PUBLIC_ENDPOINTS = frozenset(
    {
        "auth.sign_in",
        "auth.register",
        "auth.registered",
        "auth.confirm_email",
        "auth.forgot",
        "auth.forgot_sent",
        "auth.reset",
        "auth.start_over",  # by a signed link
        "auth.password_strength",
        "callbacks.media",  # WhatsApp fetches header files
        "callbacks.receive",
        "dashboard.home",  # strangers read what Carillon is
        "health.healthz",
        "health.metrics",  # asks for a token, or a private address
        "health.readyz",
        "help.index",
        "help.sample",
        "help.terms",
        "help.topic",
        "language.choose",
        "notices.ask_to_stop",  # by a signed link
        "notices.stop",
        "members.join",  # the way in for somebody who was invited
        "opt_out.page",
        "opt_out.stop",
        "outbox.letters",  # not in production
        # The steps between the right password and the session; they ask for a claim of their own.
        "auth.second_factor_code",
        "auth.confirm_email_first",
        "auth.confirm_phone",
        "auth.send_phone_code",
        "auth.correct_phone",
        "auth.new_password",
        "auth.set_up_factor",
        "auth.begin_factor",
        "auth.enter",
    }
)
LIBRARY_ENDPOINTS = frozenset({"static", "bootstrap.static"})  # files that are the same for everybody

LONGEST_MODULE = 350


def floor_of(module: Module) -> int:
    if module.name.endswith(".commands"):
        return COMMANDS_FLOOR
    return FLOOR[module.package]


def our_imports(module: Module) -> list[Module]:
    return [CODE[name] for name in module.imports(CODE) if name in CODE]


def test_every_room_has_its_floor() -> None:
    homeless = {module.package for module in CODE.values()} - FLOOR.keys()
    assert not homeless, f"Give these a floor in tests/test_architecture.py: {sorted(homeless)}"


def test_imports_run_one_way() -> None:
    upward = [
        f"{module.name} imports {imported.name}"
        for module in CODE.values()
        for imported in our_imports(module)
        if floor_of(imported) > floor_of(module)
    ]
    assert upward == []


def test_imports_make_no_circle_of_modules() -> None:
    """But for a blueprint's views, which import the blueprint that imports them, as Flask's manual has it."""
    graph = {
        module.name: {imported.name for imported in our_imports(module)} - {module.name}
        for module in CODE.values()
    }
    for name, imported in graph.items():
        if name.startswith("app.blueprints."):
            imported.discard(name.rpartition(".")[0])
    assert circles(graph) == []


def test_imports_make_no_circle_of_rooms() -> None:
    graph: dict[str, set[str]] = {}
    for module in CODE.values():
        if not module.name.endswith(".commands"):
            targets = {imported.package for imported in our_imports(module)} - {module.package}
            graph.setdefault(module.package, set()).update(targets)
    assert circles(graph) == []


def test_rules_know_neither_the_web_nor_the_database() -> None:
    strangers = re.compile(r"(flask|werkzeug|sqlalchemy|alembic|redis|rq|psycopg|sqlite3)(_\w+)?(\.|$)")
    # The sandbox's carrier is a program of its own, with a database of its own, outside the panel.
    rules = [module for module in CODE.values() if module.package in PURE and "carrier" not in module.name]
    assert [
        f"{module.name} imports {name}"
        for module in rules
        for name in module.imports(CODE)
        if strangers.match(name)
    ] == []


def test_the_domain_does_not_know_flask() -> None:
    """`app.queues` asks the running application for Redis's address; commands.py files speak to click."""
    domain = [
        module
        for module in CODE.values()
        if module.package in DOMAIN and module.name != "app.queues" and not module.name.endswith(".commands")
    ]
    assert [
        f"{module.name} imports {name}"
        for module in domain
        for name in module.imports(CODE)
        if re.match(r"(flask|werkzeug)(_\w+)?(\.|$)", name)
    ] == []


def test_modules_stay_short() -> None:
    code = modules("app", "jobs", "operations")
    lengths = {module.name: module.text.count("\n") for module in code.values()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_every_job_resolves_to_a_function() -> None:
    from app.queues import JOBS

    for job in JOBS:
        module, _, function = job.rpartition(".")
        assert callable(getattr(import_module(module), function)), f"{job} is no function"


def test_every_job_asked_for_is_known_and_every_known_job_is_asked_for() -> None:
    from app.queues import JOBS

    job_name = re.compile(r"jobs\.\w+\.\w+")
    code = [module for module in modules("app", "jobs", "operations").values() if module.name != "app.queues"]
    asked = {text for module in code for text in module.strings() if job_name.fullmatch(text)}
    assert asked == set(JOBS)


def test_every_queue_is_served_by_a_process() -> None:
    from app.queues import JOBS, QueueName

    served: set[str] = set()
    for line in (ROOT / "Procfile").read_text().splitlines():
        words = shlex.split(line, comments=True)
        if "jobs.worker" in words:
            served.update(words[words.index("jobs.worker") + 1 :])
    assert served == set(QueueName)
    assert {queue for queue, _ in JOBS.values()} == set(QueueName)


def test_every_page_is_listed_as_public_or_names_its_roles(app: Flask) -> None:
    from app.access import ANYONE_SIGNED_IN

    public = set()
    for endpoint in {rule.endpoint for rule in app.url_map.iter_rules()} - LIBRARY_ENDPOINTS:
        view = app.view_functions[endpoint]
        roles = getattr(view, "required_roles", frozenset())
        if getattr(view, "is_public", False):
            assert not roles, f"{endpoint} is public and asks for roles at once"
            public.add(endpoint)
        else:
            assert roles, f"{endpoint} is open to nobody knows whom: use app.access.roles_required or public"
            assert roles <= ANYONE_SIGNED_IN
    assert public == PUBLIC_ENDPOINTS


INLINE = {
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"""\son[a-z]+\s*=\s*["'{]""", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "unescaped output": re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE),
}


@pytest.mark.parametrize("what", INLINE)
def test_templates_keep_to_the_content_security_policy(what: str) -> None:
    templates = [path for path in (ROOT / "app" / "templates").rglob("*") if path.is_file()]
    assert templates
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in templates
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if INLINE[what].search(line)
    ]
    assert found == [], f"{what} in these lines"
