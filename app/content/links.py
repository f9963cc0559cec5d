"""Finding links in a folded text: schemes, bare domains and shorteners.

A bare domain is a name whose last label is a top-level domain of the Public Suffix List (as shipped inside
tldextract, never fetched). Sentences that lost the space after their full stop (`Open now.It is free`) and
file names look the same; a capital, a common word on both sides, or a file ending tells them apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tldextract import TLDExtract

from app.content.lexicon import common_words
from app.content.normalise import Folded

LinkKind = Literal["link", "shortener", "bare_domain"]
_SCHEME = re.compile(
    r"(?<![a-z0-9])(?:h[\W_]{0,3}[tx7+][\W_]{0,3}[tx7+][\W_]{0,3}p(?:[\W_]{0,3}[s5$])?(?=[\W_]|www|$)"
    r"|h[tx]{2}ps?(?=[a-z0-9])|[a-z][a-z0-9+]{1,14}(?=\s?:\s?/\s?/)"
    r"|w[\W_]{0,2}w[\W_]{0,2}w(?=\s?(?:[.,\u3002]|\(?dot\b)))"
)
_REST = re.compile(r"(?:(?:[\s\[(]{0,3}[:;/\\\])]+){1,4}\s?)?[^\s]*")
_DOT = r"(?:\.|\u3002|\s?\.\s|\s\.|,(?=com\b)|\s?[\[({<]\s?(?:\.|dot)\s?[\])}>]\s?|\s+dot\s+)"
_DOMAIN = re.compile(
    rf"(?<![a-z0-9@.\-])((?:[a-z0-9\-]{{1,63}}{_DOT}){{1,5}})([a-z]{{2,24}})(?![a-z0-9@'\-]|\.[a-z0-9])(/\S*)?"
)
_PLAIN = re.compile(r"[a-z0-9.\-]+")
_LABEL = re.compile(r"[a-z0-9\-]+")
_WRITTEN_DOT = re.compile(_DOT)
_LOOSE_ENDINGS = frozenset({"com", "net", "org", "info", "biz", "io", "ly", "xyz"})
_FILE_ENDINGS = frozenset({"zip", "mov", "py", "md", "sh", "rs", "pl", "ps", "ai", "cc", "doc", "docx"})
_SHORTENERS = """
bit.ly tinyurl.com goo.gl t.co ow.ly is.gd buff.ly rebrand.ly cutt.ly shorturl.at rb.gy t.ly tiny.cc s.id v.gd
bl.ink lnkd.in wa.me t.me adf.ly shorte.st soo.gd qr.ae tr.im j.mp x.co u.to tny.im clck.ru short.io
linktr.ee snip.ly tiny.one urlz.fr surl.li dub.sh amzn.to fb.me youtu.be
"""
SHORTENERS = frozenset(_SHORTENERS.split())


@dataclass(frozen=True, slots=True)
class Link:
    """A link at a folded span."""

    kind: LinkKind
    start: int
    end: int


def find_links(folded: Folded) -> list[Link]:
    """Every link in the text, in order, none inside another."""
    found: list[Link] = []
    text = folded.text
    for match in _SCHEME.finditer(text):
        rest = _REST.match(text, match.end())
        end = _trim(text, match.start(), rest.end() if rest else match.end())
        if not found or match.start() >= found[-1].end:
            found.append(Link("link", match.start(), max(end, match.end())))
    # After the last dot of a name stand two letters or more, so that a full stop at the very end parts no name.
    if "." in text[:-2] or "dot" in text or "\u3002" in text or ",com" in text:
        covered = [(link.start, link.end) for link in found]
        for link in _bare(folded):
            if not any(start < link.end and link.start < end for start, end in covered):
                found.append(link)
    return sorted(found, key=lambda link: link.start) if found else found


def _trim(text: str, start: int, end: int) -> int:
    """Leave out the punctuation that ends the sentence, not the link."""
    while end > start and (text[end - 1] in ".,;:!?)]}'\"" or text[end - 1].isspace()):
        end -= 1
    return end


def _bare(folded: Folded) -> list[Link]:
    found: list[Link] = []
    for match in _DOMAIN.finditer(folded.text):
        if match[2] not in _top_level():
            continue
        labels = [*_LABEL.findall(_WRITTEN_DOT.sub(" ", match[1])), match[2]]
        if not _is_domain(folded, match, labels):
            continue
        host = ".".join(labels)
        short = host in SHORTENERS or ".".join(labels[-2:]) in SHORTENERS
        end = _trim(folded.text, match.start(), match.end())
        found.append(Link("shortener" if short else "bare_domain", match.start(), end))
    return found


@cache
def _top_level() -> frozenset[str]:
    """Every last label of the Public Suffix List, read from the package's own copy."""
    suffixes = TLDExtract(suffix_list_urls=(), cache_dir=None).tlds
    return frozenset(suffix.rpartition(".")[2] for suffix in suffixes)


def _is_domain(folded: Folded, match: re.Match[str], labels: list[str]) -> bool:
    last, name = labels[-1], labels[-2]
    if not any(c.isalpha() for c in "".join(labels[:-1])):
        return False
    host = ".".join(labels)
    here = folded.original[folded.origins[match.start(2)]]
    before = folded.original[folded.origins[match.start() + len(match[1].rstrip(" .")) - 1]]
    new_sentence = here.isupper() and before.islower()
    if _PLAIN.fullmatch(match[1]) is None:
        return (last in _LOOSE_ENDINGS or host in SHORTENERS) and not new_sentence
    if match[3] or host in SHORTENERS:
        return True
    if last in _FILE_ENDINGS or len(name) == 1 or new_sentence:
        return False
    return not (last in common_words() and name in common_words())
