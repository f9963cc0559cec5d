"""What a destination country adds to the rules, with where it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.content.findings import Severity
from app.language import mark


@dataclass(frozen=True, slots=True)
class CountryRules:
    """Rules that hold for every message to a region (ISO 3166 code), whatever the panel's switches say."""

    region: str
    rules: tuple[tuple[str, Severity], ...]
    source: str


COUNTRY_RULES: Mapping[str, CountryRules] = MappingProxyType(
    {
        country.region: country
        for country in (
            CountryRules(
                "MY",
                (
                    ("link", Severity.BLOCK),
                    ("shortener", Severity.BLOCK),
                    ("bare_domain", Severity.BLOCK),
                    ("call_back", Severity.BLOCK),
                    ("personal_data", Severity.BLOCK),
                ),
                mark("Malaysian Communications and Multimedia Commission, in force from 1 September 2024"),
            ),
        )
    }
)
