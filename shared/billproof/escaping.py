"""Escape what separates the parts of an identity, as in a URL: `:` is `%3A`."""

import re

_ESCAPED = re.compile(r"%([0-9A-F]{2})")


def escape(text: str, special: re.Pattern[str]) -> str:
    """Escape every special character; `%` has to be one of them."""
    return special.sub(lambda match: code(match[0]), text)


def code(character: str) -> str:
    """Return the escape of one character."""
    return f"%{ord(character):02X}"


def unescape(text: str) -> str:
    """Return a text as it was before it was escaped."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
