"""Cutting a text where findings begin and end, so that a page can mark the spans."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from app.content.findings import Finding

Piece = tuple[str, tuple[Finding, ...]]


def mark(text: str, findings: Sequence[Finding]) -> list[Piece]:
    """The text in order, in pieces, each with the findings that cover it (none for honest text).

    The pieces joined are the text. A finding of no width (an empty message) covers no piece. Spans beyond the
    text, as when findings are shown with a later text, are cut to it.
    """
    edges = {0, len(text)}
    for finding in findings:
        edges.add(min(finding.start, len(text)))
        edges.add(min(finding.end, len(text)))
    cuts = sorted(edges)
    return [
        (text[start:end], tuple(f for f in findings if f.start <= start and end <= f.end))
        for start, end in pairwise(cuts)
    ]
