"""Phone numbers as people write them → E.164, or a reason that says how to fix them.

The rules are libphonenumber's (possible, valid, of a type that takes text messages), read through
``numbering``. The country is never assumed: a number carries its full country code, with or without ``+``
or ``00`` in front. E.164 is ITU-T Recommendation E.164 (11/2010): at most 15 digits.
"""

from dataclasses import dataclass
from typing import Final

import phonenumbers

from app.language import gettext, mark
from app.recipients.numbering import Classified, Plan, calling_code, plan_for
from app.recipients.writing import NumberRejected, international_digits

__all__ = ["Number", "NumberRejected", "NumberRules", "read_number"]

REACHABLE: Final = frozenset({"mobile", "landline_or_mobile"})
_UNREACHABLE: Final = {
    "landline": (
        "landline",
        mark("This is a landline, which does not take text messages. Use a mobile number."),
    ),
    "premium": ("premium", mark("This is a premium-rate number. Use a mobile number.")),
    "shared_cost": ("premium", mark("This is a shared-cost service number. Use a mobile number.")),
    "personal": (
        "premium",
        mark("This is a personal number that forwards at a premium rate. Use a mobile number."),
    ),
    "toll_free": ("toll_free", mark("This is a toll-free service number. Use a mobile number.")),
    "voip": (
        "voip",
        mark("This is an internet telephony number, which carriers do not text. Use a mobile number."),
    ),
    "pager": ("not_mobile", mark("This is a pager number. Use a mobile number.")),
    "uan": ("not_mobile", mark("This is a company's universal access number. Use a mobile number.")),
    "voicemail": ("not_mobile", mark("This is a voicemail access number. Use a mobile number.")),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number that can be sent to.

    ``region`` is the ISO 3166 code that the number belongs to (US and CA share ``country_code`` 1).
    ``network`` is ``mobile``, or ``landline_or_mobile`` where the plan does not tell them apart (US, CA).
    ``tidied`` says that more than a missing ``+`` differs from what was written.
    """

    e164: str
    country_code: int
    region: str
    network: str
    tidied: bool


@dataclass(frozen=True, slots=True)
class NumberRules:
    """Where may be sent to, as prefixes of the international number without ``+``: ``86``, ``1876``.

    ``allowed_prefixes`` of None allows everywhere; a blocked prefix wins over an allowed one.
    """

    blocked_prefixes: frozenset[str] = frozenset()
    allowed_prefixes: frozenset[str] | None = None

    def permits(self, digits: str) -> bool:
        """Whether an international number, digits only, may be sent to."""
        if self.blocked_prefixes and digits.startswith(tuple(self.blocked_prefixes)):
            return False
        return self.allowed_prefixes is None or digits.startswith(tuple(self.allowed_prefixes))


def read_number(raw: str, rules: NumberRules) -> Number:
    """The number that was written.

    Raises ``NumberRejected`` with a stable reason; ``writing.REASONS`` lists them.
    """
    digits, tidied = international_digits(raw)
    code = calling_code(digits)
    if code is None:
        raise NumberRejected(
            "unknown_country",
            gettext(
                "No country has the code that +%(digits)s… begins with. Write the country code "
                "first, as in +61412345678.",
                digits=digits[:3],
            ),
        )
    if not rules.permits(digits):
        raise NumberRejected(
            "blocked_country",
            gettext(
                "Sending to numbers that begin with +%(code)s is not available to this account. "
                "Remove the row, or ask support to open the destination.",
                code=code,
            ),
        )
    national = digits[len(code) :]
    plan = plan_for(code)
    found = None if plan.may_have_prefix(national) else plan.classify(national)
    if found is None:
        national, found = _parsed_in_full(code, national, plan)
        tidied = tidied or national != digits[len(code) :]
    if found.network not in REACHABLE:
        reason, words = _UNREACHABLE[found.network]
        raise NumberRejected(reason, gettext(words))
    return Number(f"+{code}{national}", int(code), found.region, found.network, tidied)


def _parsed_in_full(code: str, national: str, plan: Plan) -> tuple[str, Classified]:
    """libphonenumber's own parse, for the few numbers that keep a trunk prefix after the country code."""
    if plan.may_have_prefix(national):
        try:
            parsed = phonenumbers.parse(f"+{code}{national}")
        except phonenumbers.NumberParseException:
            parsed = None
        if parsed is not None:
            stripped = phonenumbers.national_significant_number(parsed)
            found = plan.classify(stripped)
            if found is not None:
                return stripped, found
    raise _impossible(code, national, plan)


def _impossible(code: str, national: str, plan: Plan) -> NumberRejected:
    """Why no plan takes the number: by its length where that is the reason, else by its digits."""
    shortest, longest = plan.lengths[0], plan.lengths[-1]
    # Service numbers have other lengths; who types a number here means a mobile one.
    wanted = str(shortest) if shortest == longest else f"{shortest} to {longest}"
    if len(national) < shortest:
        return NumberRejected(
            "too_short",
            gettext(
                "A mobile number has %(wanted)s digits after +%(code)s; here are %(national)s. Add "
                "the missing digits, and check that the country code is there.",
                wanted=wanted,
                code=code,
                national=len(national),
            ),
        )
    if len(national) > longest:
        return NumberRejected(
            "too_long",
            gettext(
                "A mobile number has %(wanted)s digits after +%(code)s; here are %(national)s. "
                "Remove what does not belong.",
                wanted=wanted,
                code=code,
                national=len(national),
            ),
        )
    return NumberRejected(
        "impossible",
        gettext(
            "No number in use after +%(code)s looks like this. Check the digits, and that the "
            "country code is there.",
            code=code,
        ),
    )
