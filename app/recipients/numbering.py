"""Numbering plans: libphonenumber's metadata, compiled for classifying many numbers quickly.

``phonenumbers.parse`` and its validity and type checks walk a number through a dozen patterns in Python; that
costs some 60 µs (measured). The same metadata, a region's number types joined into one pattern, answers in a
tenth of that.
The answers are those of ``phonenumbers`` itself (``tests/recipients/test_numbering.py`` holds that).

Source of the rules: libphonenumber's ``PhoneNumberMetadata.xml`` through the ``phonenumbers`` package, and
the order in which ``phonenumberutil._number_type_helper`` tries the types.
"""

import re
from dataclasses import dataclass
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc

# The order is libphonenumber's: the first type that matches is the number's type.
_TYPES = (
    ("premium", "premium_rate"),
    ("toll_free", "toll_free"),
    ("shared_cost", "shared_cost"),
    ("voip", "voip"),
    ("personal", "personal_number"),
    ("pager", "pager"),
    ("uan", "uan"),
    ("voicemail", "voicemail"),
    ("landline", "fixed_line"),
    ("mobile", "mobile"),
)
CALLING_CODES: frozenset[str] = frozenset(str(code) for code in COUNTRY_CODE_TO_REGION_CODE)


@dataclass(frozen=True, slots=True)
class Classified:
    """Where a valid number belongs: its region (ISO 3166, or 001 for world services) and its network type."""

    region: str
    network: str


@dataclass(frozen=True, slots=True)
class Region:
    """One region's numbering plan, compiled."""

    code: str
    general: re.Pattern[str]
    types: re.Pattern[str]
    mobile: re.Pattern[str]
    shared: bool
    """Mobile and landline numbers cannot be told apart anywhere in the region."""
    leading: re.Pattern[str] | None
    """What a national number begins with here, in a calling code that several regions share."""

    def network(self, national: str) -> str | None:
        """The network type of a national number, None where it is not valid in this region."""
        match = self.types.match(national)
        if match is None or self.general.match(national) is None:
            return None
        found = match.lastgroup
        if found == "landline" and (self.shared or self.mobile.match(national)):
            return "landline_or_mobile"
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbering plan behind one calling code."""

    regions: tuple[Region, ...]
    lengths: tuple[int, ...]
    """Digits that a mobile number has after the calling code, ascending."""
    national_prefix: re.Pattern[str] | None
    """A trunk or carrier prefix that people leave in, as the 0 in +61 0412 345 678."""

    def classify(self, national: str) -> Classified | None:
        """Region and type of a national number, None where it is not valid.

        The choice of the region is ``phonenumberutil._region_code_for_number_from_list``'s.
        """
        if len(self.regions) == 1:
            region = self.regions[0]
            network = region.network(national)
            return Classified(region.code, network) if network else None
        for region in self.regions:
            if region.leading is not None and not region.leading.match(national):
                continue
            network = region.network(national)
            if network:
                return Classified(region.code, network)
            if region.leading is not None:
                return None
        return None

    def may_have_prefix(self, national: str) -> bool:
        """Whether libphonenumber could strip or rewrite the start of this national number."""
        if self.national_prefix is None:
            return False
        match = self.national_prefix.match(national)
        return match is not None and (match.end() > 0 or bool(match.lastindex))


def calling_code(digits: str) -> str | None:
    """The calling code that an international number begins with; codes are free of each other's prefixes."""
    for length in (2, 1, 3):
        if digits[:length] in CALLING_CODES:
            return digits[:length]
    return None


@cache
def plan_for(code: str) -> Plan:
    """The compiled plan of a calling code, kept: there are about 215 and a file needs a few.

    Raises ``KeyError`` where the code is not assigned.
    """
    names = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    metadata = [_metadata(int(code), name) for name in names]
    main = metadata[0]
    prefix = main.national_prefix_for_parsing
    return Plan(
        regions=tuple(_compiled(name, data) for name, data in zip(names, metadata, strict=True)),
        lengths=_mobile_lengths(main),
        national_prefix=re.compile(prefix) if prefix else None,
    )


def _metadata(code: int, region: str) -> PhoneMetadata:
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if found is None:
        raise KeyError(f"no numbering plan for +{code} ({region})")
    return found


def _mobile_lengths(data: PhoneMetadata) -> tuple[int, ...]:
    """Of mobile numbers, or of any numbers where the plan has no mobile ones."""
    for description in (data.mobile, data.general_desc):
        lengths = sorted(
            length for length in (description.possible_length if description else ()) if length > 0
        )
        if lengths:
            return tuple(lengths)
    return (2, 15)


def _compiled(name: str, data: PhoneMetadata) -> Region:
    patterns = {kind: _whole(getattr(data, attribute)) for kind, attribute in _TYPES}
    if data.same_mobile_and_fixed_line_pattern:
        patterns["mobile"] = None
    types = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in patterns.items() if pattern)
    return Region(
        code=name,
        general=re.compile(_whole(data.general_desc) or "(?!)"),
        types=re.compile(types or "(?!)"),
        mobile=re.compile(patterns["mobile"] or "(?!)"),
        shared=bool(data.same_mobile_and_fixed_line_pattern),
        leading=re.compile(data.leading_digits) if data.leading_digits else None,
    )


def _whole(description: PhoneNumberDesc | None) -> str | None:
    """A pattern for the whole number, with its lengths; None where the region has no such numbers."""
    if description is None or not description.national_number_pattern:
        return None
    whole = rf"(?:{description.national_number_pattern})\Z"
    lengths = [length for length in description.possible_length if length > 0]
    if not lengths:
        return whole if not description.possible_length else None
    alternatives = "|".join(f"[0-9]{{{length}}}" for length in lengths)
    return rf"(?=(?:{alternatives})\Z){whole}"
