"""Our compiled numbering plans answer as ``phonenumbers`` itself does, for every calling code."""

import random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberType

from app.recipients.numbering import CALLING_CODES, calling_code
from app.recipients.numbers import NumberRejected, NumberRules, read_number

NETWORKS = {PhoneNumberType.MOBILE: "mobile", PhoneNumberType.FIXED_LINE_OR_MOBILE: "landline_or_mobile"}
TYPES = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
)
EVERYWHERE = NumberRules()
Answer = tuple[str, str, str] | None


def ours(written: str) -> Answer:
    try:
        number = read_number(written, EVERYWHERE)
    except NumberRejected:
        return None
    return number.e164, number.region, number.network


def theirs(written: str) -> Answer:
    try:
        number = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        return None
    network = NETWORKS.get(phonenumbers.number_type(number))
    if network is None or not phonenumbers.is_valid_number(number):
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164, phonenumbers.region_code_for_number(number) or "", network


def examples(code: int) -> list[str]:
    found = []
    for region in COUNTRY_CODE_TO_REGION_CODE[code]:
        for kind in TYPES:
            number = (
                phonenumbers.example_number_for_non_geo_entity(code)
                if region == "001"
                else phonenumbers.example_number_for_type(region, kind)
            )
            if number is not None:
                found.append(phonenumbers.national_significant_number(number))
    return found or ["12345678"]


def variation(chance: random.Random, national: str) -> str:
    """The number itself, with other digits at its end, with a trunk prefix, or any digits at all."""
    kept = chance.randrange(1, len(national) + 1)
    tail = "".join(
        chance.choice("0123456789") for _ in range(len(national) - kept + chance.choice([0, 0, 0, 1]))
    )
    return chance.choice(
        [national, national[:kept] + tail, chance.choice(["0", "1", "8", "9", "15"]) + national, tail + tail]
    )


@pytest.mark.parametrize("block", range(10))
def test_numbers_of_every_calling_code_are_judged_as_libphonenumber_does(block: int) -> None:
    chance = random.Random(block)
    for code in sorted(COUNTRY_CODE_TO_REGION_CODE)[block::10]:
        known = examples(code)
        for _ in range(25):
            written = f"+{code}{variation(chance, chance.choice(known))}"
            if 8 <= len(written) <= 16:
                assert ours(written) == theirs(written), written


@settings(deadline=None)
@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_any_international_digits_are_judged_as_libphonenumber_does(written: str) -> None:
    assert ours(written) == theirs(written)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_at_all_is_a_number_or_a_reason(written: str) -> None:
    answer = ours(written)
    assert answer is None or ours(answer[0]) == answer


def test_no_calling_code_begins_with_another() -> None:
    assert all(calling_code(code + "00000000") == code for code in CALLING_CODES)
