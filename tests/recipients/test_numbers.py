"""One number, as people write it: what is taken, what is tidied, and why the rest is refused."""

import pytest

from app.recipients.numbers import NumberRejected, NumberRules, read_number
from app.recipients.writing import REASONS, looks_like_number
from tests.recipients.sheet_files import RULES

AUSTRALIAN = "+61412345678"


@pytest.mark.parametrize("written", ["+61412345678", "61412345678"])
def test_a_full_number_is_taken_as_it_is_with_or_without_plus(written: str) -> None:
    number = read_number(written, RULES)
    assert (number.e164, number.tidied) == (AUSTRALIAN, False)
    assert (number.country_code, number.region, number.network) == (61, "AU", "mobile")


@pytest.mark.parametrize(
    "written",
    [
        "+61 412 345 678",
        "61-412-345-678",
        "61.412.345.678",
        "(61) 412 345 678",
        "+61 (0)412 345 678",
        "+61 (0) 412 345 678",
        "+610412345678",
        "0061412345678",
        "00 61 412 345 678",
        "(+61)412345678",
        "+61/412/345/678",
        "'61412345678",
        "’+61412345678",
        '"+61412345678"',
        '="61412345678"',
        '="+61412345678"',
        "tel:+61412345678",
        "whatsapp:+61412345678",
        "61412345678.0",
        "61412345678,00",
        "61,412,345,678",
        " 61412345678\t",
        "+61\u00a0412\u202f345\u2009678",
        "\u202a+61412345678\u202c",
        "\ufeff61412345678",
        "６１４１２３４５６７８",
        "+61‑412–345—678",
        "+61•412•345•678",
    ],
)
def test_what_people_and_programs_put_around_digits_is_tidied(written: str) -> None:
    number = read_number(written, RULES)
    assert (number.e164, number.tidied) == (AUSTRALIAN, True)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("'", "empty"),
        ("\u200b", "empty"),
        ("6.14E+10", "scientific"),
        ("6,14E+10", "scientific"),
        ("6.14e10", "scientific"),
        ("6.1412345678E+10", "scientific"),
        ("0412345678", "local_format"),
        ("0412 345 678", "local_format"),
        ("+0412345678", "local_format"),
        ("(02) 9374 4000", "local_format"),
        ("0011 61 412 345 678", "local_format"),
        ("000412345678", "local_format"),
        ("12345", "too_short"),
        ("+61 412 345 67", "too_short"),
        ("6141234", "too_short"),
        ("+61 412 345 6789", "too_long"),
        ("6141234567890123", "too_long"),
        ("+61912345678", "impossible"),
        ("+12025550", "too_short"),
        ("+1 555 000 0000", "impossible"),
        ("+61 2 9374 4000", "landline"),
        ("+44 20 7946 0958", "landline"),
        ("+61 1900 123 456", "premium"),
        ("+44 909 879 0000", "premium"),
        ("+44 70 1234 5678", "premium"),
        ("+1 800 234 5678", "toll_free"),
        ("+61 147 101 234", "voip"),
        ("+86 138 0013 8000", "blocked_country"),
        ("8613800138000", "blocked_country"),
        ("+999 1234 5678", "unknown_country"),
        ("+210 1234 5678", "unknown_country"),
        ("hello", "not_a_number"),
        ("+61 412 34S 678", "not_a_number"),
        ("++61412345678", "not_a_number"),
        ("61412345678+", "not_a_number"),
        ("n/a", "not_a_number"),
        ("=1+1", "not_a_number"),
        ("7" * 5_000, "not_a_number"),
        ("1" + " " * 30_000 + "x", "not_a_number"),
        ("+61412345678 ext 12", "extension"),
        ("+61412345678 x12", "extension"),
        ("+61412345678#99", "extension"),
        ("+61412345678 / +61498765432", "several_numbers"),
        ("61412345678;61498765432", "several_numbers"),
        ("61412345678 61498765432", "several_numbers"),
        ("61412345678 or 61498765432", "several_numbers"),
    ],
)
def test_what_cannot_be_sent_to_is_refused_with_its_reason(written: str, reason: str) -> None:
    with pytest.raises(NumberRejected) as refused:
        read_number(written, RULES)
    assert refused.value.reason == reason
    assert reason in REASONS
    assert refused.value.message.endswith(".")


def test_a_local_number_is_told_where_the_country_code_goes() -> None:
    with pytest.raises(NumberRejected, match=r"country code is missing.*leading 0"):
        read_number("0412345678", RULES)


def test_a_shortened_number_is_told_to_format_the_column_as_text() -> None:
    with pytest.raises(NumberRejected, match="Format the column as text"):
        read_number("6.14E+10", RULES)


def test_the_length_that_is_wanted_is_named() -> None:
    with pytest.raises(NumberRejected, match=r"9 digits after \+61; here are 8"):
        read_number("+6141234567", RULES)


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("+1 202 555 0123", "US"),
        ("+1 416 555 0123", "CA"),
        ("+1 876 210 1234", "JM"),
        ("+7 701 234 5678", "KZ"),
    ],
)
def test_countries_that_share_a_calling_code_are_told_apart(written: str, region: str) -> None:
    assert read_number(written, RULES).region == region


def test_a_block_may_be_longer_than_a_calling_code() -> None:
    rules = NumberRules(blocked_prefixes=frozenset({"1876"}))
    assert read_number("+12025550123", rules).region == "US"
    with pytest.raises(NumberRejected) as refused:
        read_number("+18762101234", rules)
    assert refused.value.reason == "blocked_country"


def test_an_allow_list_opens_only_what_it_names_and_a_block_wins_over_it() -> None:
    rules = NumberRules(blocked_prefixes=frozenset({"61499"}), allowed_prefixes=frozenset({"61"}))
    assert read_number(AUSTRALIAN, rules).e164 == AUSTRALIAN
    for written in ("+447400123456", "+61499123456"):
        with pytest.raises(NumberRejected) as refused:
            read_number(written, rules)
        assert refused.value.reason == "blocked_country"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("61412345678", True),
        ("+61 412 345 678", True),
        ("0412 345 678", True),
        ("6.14E+10", True),
        ("phone", False),
        ("Phone 2", False),
        ("2026-11-21x", False),
        ("", False),
        ("12", False),
    ],
)
def test_what_was_meant_as_a_number_is_told_from_a_heading(text: str, expected: bool) -> None:
    assert looks_like_number(text) is expected
