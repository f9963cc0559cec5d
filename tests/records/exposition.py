"""A strict reader of Prometheus's text format (0.0.4): what a scraper would refuse, this refuses too."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (\S+)")
_KINDS = ("counter", "gauge")

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    """Every sample by its name and labels. Raises AssertionError for whatever the format does not allow."""
    assert text.endswith("\n")
    samples: Samples = {}
    kinds: dict[str, str] = {}
    helped: set[str] = set()
    current = ""
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            current, _, words = line.removeprefix("# HELP ").partition(" ")
            assert re.fullmatch(_NAME, current), line
            assert current not in helped, f"{current} is told twice"
            assert words
            helped.add(current)
        elif line.startswith("# TYPE "):
            name, _, kind = line.removeprefix("# TYPE ").partition(" ")
            assert (name, kind in _KINDS) == (current, True), line
            assert kind != "counter" or name.endswith("_total"), name
            kinds[name] = kind
        else:
            name, labels, value = _sample(line)
            assert name == current, f"{name} stands among {current}"
            key = (name, frozenset(labels.items()))
            assert name in kinds, line
            assert key not in samples, f"twice: {line}"
            samples[key] = value
    return samples


def value(samples: Samples, measure: str, /, **labels: object) -> float:
    """One of them."""
    return samples[measure, frozenset((label, str(given)) for label, given in labels.items())]


def _sample(line: str) -> tuple[str, Mapping[str, str], float]:
    match = _SAMPLE.fullmatch(line)
    assert match, line
    labels: dict[str, str] = {}
    rest = match[2] or ""
    while rest:
        found = _LABEL.match(rest)
        assert found, line
        assert found[1] not in labels, line
        labels[found[1]] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), found[2])
        rest = rest[found.end() :]
    return match[1], labels, float(match[3])
