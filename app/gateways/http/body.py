"""The request that leaves: headers and fields with placeholders, filled for one message.

No template engine: `{name}` is replaced by a value, in one pass, and the whole is encoded afterwards. So no text of a
message can add a field, close a quote or name another placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from app.gateways.base import SettingsRefused
from app.language import gettext

# What a placeholder may name, and what the operator reads about it.
SECRETS: Final = frozenset({"api_key", "api_secret", "basic"})
NAMES: Final = SECRETS | {"reference", "to", "to_digits", "text", "sender", "receipt_url"}

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_SECRET_NAME: Final = re.compile(r"authori[sz]ation|password|passwd|secret|token|api.?key", re.IGNORECASE)
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "cookie", "expect"})
_DEEPEST: Final = 8
_GONE: Final = object()


def checked_headers(name: str, value: object) -> dict[str, str]:
    """Names and values of headers. Raises SettingsRefused."""
    if not isinstance(value, dict) or len(value) > 20:
        raise SettingsRefused(
            name, gettext('Give an object of at most 20 headers, such as {"Accept": "application/json"}.')
        )
    for header, content in value.items():
        if not isinstance(header, str) or not _HEADER_NAME.fullmatch(header) or header.lower() in _OURS:
            raise SettingsRefused(name, gettext("“%(header)s” is no header that can be set.", header=header))
        if not isinstance(content, str) or not content.isascii() or not content.isprintable():
            raise SettingsRefused(
                name, gettext("The value of %(header)s must be ASCII text in one line.", header=header)
            )
        _check_leaf(name, header, content)
    return value


def checked_body(name: str, value: object, *, flat: bool) -> dict[str, Any]:
    """The fields of a request; `flat` ones are texts and numbers alone, as a form has them. Raises SettingsRefused."""
    if not isinstance(value, dict) or not value:
        raise SettingsRefused(
            name, gettext('Give an object of fields, such as {"to": "{to}", "text": "{text}"}.')
        )
    used = set()
    for field, leaf, depth in _leaves(value):
        if depth > (1 if flat else _DEEPEST):
            raise SettingsRefused(
                name,
                gettext("A form has no lists or objects.") if flat else gettext("It is nested too deep."),
            )
        if isinstance(leaf, str):
            used.update(_check_leaf(name, field, leaf))
    if "text" not in used or not used & {"to", "to_digits"}:
        raise SettingsRefused(
            name, gettext("It needs {text}, and {to} or {to_digits}, or nobody would read anything.")
        )
    return value


def placeholders(value: object) -> set[str]:
    """What a template of headers or fields names."""
    return {
        found
        for _, leaf, _ in _leaves(value)
        if isinstance(leaf, str)
        for found in _PLACEHOLDER.findall(leaf)
    }


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template with its values. A field that is one placeholder alone, without a value, is left out."""
    if isinstance(template, dict):
        pairs = ((name, filled(inner, values)) for name, inner in template.items())
        return {name: inner for name, inner in pairs if inner is not _GONE}
    if isinstance(template, list):
        return [inner for inner in (filled(each, values) for each in template) if inner is not _GONE]
    if not isinstance(template, str):
        return template
    alone = _PLACEHOLDER.fullmatch(template)
    if alone and not values[alone[1]]:
        return _GONE
    replaced: Callable[[re.Match[str]], str] = lambda match: values[match[1]]  # noqa: E731
    return _PLACEHOLDER.sub(replaced, template)


def _check_leaf(name: str, field: str, leaf: str) -> set[str]:
    """The placeholders of one text. Raises SettingsRefused for one there is not, and for a secret in the open."""
    found = set(_PLACEHOLDER.findall(leaf))
    if unknown := found - NAMES:
        known = ", ".join(f"{{{each}}}" for each in sorted(NAMES))
        raise SettingsRefused(
            name, gettext("There is no {%(min)s}; choose from %(known)s.", min=min(unknown), known=known)
        )
    if _SECRET_NAME.search(field) and not found:
        raise SettingsRefused(
            name,
            gettext(
                "“%(field)s” looks like a secret. Enter it as the secret api_key and write {api_key} here.",
                field=field,
            ),
        )
    return found


def _leaves(value: object, field: str = "", depth: int = 0) -> Iterator[tuple[str, object, int]]:
    """Every value that holds no other, with the field it stands in and how deep."""
    if depth > _DEEPEST or not isinstance(value, dict | list):
        yield field, value, depth
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, str(name), depth + 1)
    else:
        for inner in value:
            yield from _leaves(inner, field, depth + 1)
