"""The names of countries, as people read them."""

from __future__ import annotations

from babel import Locale


def country_name(region: str) -> str:
    """The English name of an ISO 3166 region; the code itself where there is none."""
    return Locale("en").territories.get(region, region)
