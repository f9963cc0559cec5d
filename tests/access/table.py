"""Who may open which page, written by hand: the promise that the tests hold the panel to.

It is deliberately not read from the code. A new page is entered here by somebody who has thought of it.
"""

from __future__ import annotations

from typing import Final

CLIENTS: Final = ("owner", "sender", "viewer", "billing")
STAFF: Final = ("support", "finance", "operator", "admin")

# Nobody at all has to sign in for these.
ANYBODY: Final = frozenset(
    {
        "auth.confirm_email",
        "auth.forgot",
        "auth.forgot_sent",
        "auth.password_strength",
        "auth.register",
        "auth.registered",
        "auth.reset",
        "auth.sign_in",
        "auth.start_over",
        "bootstrap.static",
        "dashboard.home",  # strangers read what Carillon is
        "callbacks.media",  # WhatsApp fetches a template's header; both names in the address are random
        "health.healthz",
        "health.metrics",  # with the token, or from a private network
        "health.readyz",
        "help.index",
        "help.sample",
        "help.terms",
        "help.topic",
        "language.choose",
        "members.join",
        "notices.ask_to_stop",  # by the signed link of a letter, which does nothing else
        "notices.stop",
        "opt_out.page",
        "opt_out.stop",
        "outbox.letters",
        "static",
    }
)

# Gateways, which prove each report by a signature or a secret.
GATEWAYS: Final = frozenset({"callbacks.receive"})

# The way in. Open to who has given the right password (or opened the letter's link) a moment ago, and to nobody else,
# whoever they are signed in as.
STEPS: Final = frozenset(
    {
        "auth.begin_factor",
        "auth.confirm_email_first",
        "auth.confirm_phone",
        "auth.correct_phone",
        "auth.enter",
        "auth.new_password",
        "auth.second_factor_code",
        "auth.send_phone_code",
        "auth.set_up_factor",
    }
)

_SIGNED_IN = " ".join((*CLIENTS, *STAFF))
_CLIENT = " ".join(CLIENTS)
_DESK = " ".join(STAFF)

# Everything else, by who may.
ROLES: Final[dict[str, str]] = {
    # One's own sign-in
    "account.confirm_email": _SIGNED_IN,
    "account.confirm_phone": _SIGNED_IN,
    "account.email": _SIGNED_IN,
    "account.end_device": _SIGNED_IN,
    "account.end_others": _SIGNED_IN,
    "account.keep_contact": _SIGNED_IN,
    "account.password": _SIGNED_IN,
    "account.phone": _SIGNED_IN,
    "account.renew_recovery_codes": _SIGNED_IN,
    "account.security": _SIGNED_IN,
    "account.sign_ins": _SIGNED_IN,
    "auth.sign_out": _SIGNED_IN,
    "notices.index": _SIGNED_IN,
    "notices.open": _SIGNED_IN,
    "notices.read_all": _SIGNED_IN,
    "notices.settings": _SIGNED_IN,
    "account.begin_second_factor": _CLIENT,  # staff set theirs up on the way in, and cannot do without
    "account.set_up_second_factor": _CLIENT,
    "account.turn_off_second_factor": _CLIENT,
    # The panel
    "dashboard.live": _CLIENT,
    "help.dismiss_steps": _CLIENT,
    "help.sandbox": _SIGNED_IN,
    "help.show_steps": _CLIENT,
    "help.steps": _CLIENT,
    # Writing and sending
    "bulk.edit": "owner sender",
    "bulk.new": "owner sender",
    "bulk.template": "owner sender",
    "calendar.index": _CLIENT,
    "calendar.move": "owner sender",
    "compose.file": "owner sender",
    "compose.preview": "owner sender",
    "quick.edit": "owner sender",
    "quick.new": "owner sender",
    "review.correct": "owner sender",
    "review.dialog": "owner sender",
    "review.discard": "owner sender",
    "review.heading": "owner sender",
    "review.move": "owner sender",
    "review.page": _CLIENT,
    "review.progress": _CLIENT,
    "review.rejected_csv": _CLIENT,
    "review.send_test": "owner sender",
    "review.spell": "owner sender",
    "review.submit": "owner sender",
    "outbox.credit": "owner",
    "texts.delete": "owner sender",
    "texts.index": "owner sender",
    "texts.rename": "owner sender",
    "tasks.again": "owner sender",
    "tasks.cancel": "owner sender",
    "tasks.page": _CLIENT,
    "tasks.pause": "owner sender",
    "tasks.progress": _CLIENT,
    "tasks.resume": "owner sender",
    "messages.index": _CLIENT,
    "messages.page": _CLIENT,
    "records.sending": _CLIENT,
    "exports.ask": _CLIENT,  # of some lists only to some: see tests/exports
    "exports.cancel": _CLIENT,
    "exports.fetch": _CLIENT,
    "exports.index": _CLIENT,
    "exports.progress": _CLIENT,
    "records.tasks": _CLIENT,
    "routes.index": _CLIENT,
    # Lists and numbers that are never sent to
    "lists.delete": "owner sender",
    "lists.index": "owner sender",
    "lists.merge": "owner sender",
    "lists.numbers_csv": "owner sender",
    "lists.one": "owner sender",
    "lists.progress": "owner sender",
    "lists.rejected_csv": "owner sender",
    "lists.rename": "owner sender",
    "lists.save_task": "owner sender",
    "lists.upload": "owner sender",
    "suppression.add": "owner sender",
    "suppression.download": "owner sender",
    "suppression.open_opt_out": "owner sender",
    "suppression.page": "owner sender",
    "suppression.remove": "owner sender",
    "suppression.upload": "owner sender",
    # Money
    "topup.alert": "owner billing",
    "topup.cancel": "owner billing",
    "topup.history": "owner billing",
    "topup.one": "owner billing",
    "topup.own_receipt": "owner billing",
    "topup.page": "owner billing",
    "topup.start": "owner billing",
    "topup.state": "owner billing",
    "topup.statement": _CLIENT,
    "topup.statement_file": _CLIENT,
    "topup.upload": "owner billing",
    "topup.uploaded_receipt": "owner billing",
    # Asking staff
    "sender_ids.ask": "owner sender",
    "sender_ids.page": _CLIENT,
    "support.close": _CLIENT,
    "support.index": _CLIENT,
    "support.new": _CLIENT,
    "support.reply": _CLIENT,
    "support.ticket": _CLIENT,
    "whatsapp.edit": "owner sender",
    "whatsapp.index": "owner sender",
    "whatsapp.new": "owner sender",
    "whatsapp.one": "owner sender",
    "whatsapp.submit": "owner sender",
    # Who is in, and leaving
    "account.time_zone": "owner",
    "leaving.ask": "owner",
    "leaving.download": "owner",
    "leaving.export": "owner",
    "leaving.page": "owner",
    "leaving.stay": "owner",
    "members.index": "owner",
    "members.invite": "owner",
    "members.member": "owner",
    "members.remove": "owner",
    "members.resend": "owner",
    "members.revoke": "owner",
    # The staff desk
    "staff.desk": _DESK,
    "staff.dismiss_alert": "operator admin",
    "staff.add_person": "admin",
    "staff.disable_person": "admin",
    "staff.people": "admin",
    "staff.set_role": "admin",
    "staff.start_over": "admin",
    "desk_audit.index": _DESK,
    "desk_clients.adjust": "finance admin",
    "desk_clients.close": "admin",
    "desk_clients.confirm_adjustment": "finance admin",
    "desk_clients.daily_cap": "operator admin",
    "desk_clients.entry": _DESK,
    "desk_clients.index": _DESK,
    "desk_clients.ledger": _DESK,
    "desk_clients.note": _DESK,
    "desk_clients.page": _DESK,
    "desk_clients.plan": "finance admin",
    "desk_clients.refuse_adjustment": "finance admin",
    "desk_clients.require_password_change": "operator admin",
    "desk_clients.restore": "operator admin",
    "desk_clients.routes": _DESK,
    "desk_clients.set_route": "operator admin",
    "desk_clients.suspend": "operator admin",
    "desk_clients.tasks": _DESK,
    "desk_clients.waiting_adjustments": _DESK,
    "desk_content.add": "operator admin",
    "desk_content.add_name": "operator admin",
    "desk_content.add_starters": "operator admin",
    "desk_content.approve": "operator admin",
    "desk_content.names": _DESK,
    "desk_content.paste": "operator admin",
    "desk_content.reject": "operator admin",
    "desk_content.remove": "operator admin",
    "desk_content.remove_name": "operator admin",
    "desk_content.requests": _DESK,
    "desk_content.sandbox": _DESK,
    "desk_content.word": "operator admin",
    "desk_content.words": _DESK,
    "desk_exports.ask": _DESK,  # of some lists only to some: see tests/exports/test_desk_exports.py
    "desk_exports.cancel": _DESK,
    "desk_exports.fetch": _DESK,
    "desk_exports.index": _DESK,
    "desk_exports.progress": _DESK,
    "desk_review.page": _DESK,
    "desk_review.queue": _DESK,
    "desk_review.reject": "operator admin",
    "desk_review.release": "operator admin",
    "desk_review.suspend": "operator admin",
    "desk_routes.close_route": "operator admin",
    "desk_routes.content_rules": "operator admin",
    "desk_routes.edit": "operator admin",
    "desk_routes.figures": _DESK,
    "desk_routes.index": _DESK,
    "desk_routes.new": "operator admin",
    "desk_routes.open_route": "operator admin",
    "desk_routes.page": _DESK,
    "desk_routes.pause": "operator admin",
    "desk_routes.resume": "operator admin",
    "desk_routes.test": "operator admin",
    "desk_support.answer": "support operator admin",
    "desk_support.index": _DESK,
    "desk_support.ticket": _DESK,
    "desk_suppression.add": "support operator admin",
    "desk_suppression.page": "support operator admin",
    "desk_suppression.remove": "support operator admin",
    "desk_suppression.upload": "support operator admin",
    "desk_tasks.cancel": "operator admin",
    "desk_tasks.ledger": _DESK,
    "desk_tasks.message": _DESK,
    "desk_tasks.page": _DESK,
    "desk_tasks.pause": "operator admin",
    "desk_tasks.resume": "operator admin",
    "desk_terms.discard": "admin",
    "desk_terms.edit": "admin",
    "desk_terms.index": _DESK,
    "desk_terms.new": "admin",
    "desk_terms.publish": "admin",
    "desk_terms.shipped": _DESK,
    "desk_terms.version": _DESK,
    "desk_topups.approve": "finance admin",
    "desk_topups.bank_details": "finance admin",
    "desk_topups.confirm": "finance admin",
    "desk_topups.limits": "admin",
    "desk_topups.new_plan": "finance admin",
    "desk_topups.next_top_up": "finance admin",
    "desk_topups.plan": "finance admin",
    "desk_topups.plans": "finance admin",
    "desk_topups.receipt": "finance admin",
    "desk_topups.reject": "finance admin",
    "desk_topups.review": "finance admin",
    "desk_topups.send_back": "finance admin",
    "desk_topups.top_ups": "finance admin",
    "desk_whatsapp.header": "support operator admin",
    "desk_whatsapp.index": "support operator admin",
    "desk_whatsapp.mark": "support operator admin",
    "desk_whatsapp.one": "support operator admin",
}

ENDPOINTS: Final = sorted(ANYBODY | GATEWAYS | STEPS | ROLES.keys())

# What shows or changes things of one account. Named by another account's person, such a thing is not there.
_ROOMS: Final = frozenset(
    {
        "quick",
        "bulk",
        "review",
        "tasks",
        "lists",
        "suppression",
        "topup",
        "exports",
        "support",
        "whatsapp",
        "leaving",
        "members",
    }
)
OF_AN_ACCOUNT: Final = frozenset(endpoint for endpoint in ROLES if endpoint.partition(".")[0] in _ROOMS)

# Answered without a CSRF token: only what proves itself otherwise.
WITHOUT_TOKEN: Final = GATEWAYS | {"notices.stop"}  # a mail program posts it by itself, RFC 8058

# A GET of these may change something, since Kannel reports by GET; each report proves itself.
GET_MAY_CHANGE: Final = GATEWAYS
