"""Pieces of SQL that several queries share."""

from collections.abc import Sequence
from pathlib import Path

DECIMAL = "decimal(38, 15)"
TIME_LETTERS = 27
"""How many letters the text of an instant has."""


def pointer(name: str) -> str:
    """Write a property's name as a JSON pointer (RFC 6901), so that no name reads as a path."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def listed(paths: Sequence[Path]) -> str:
    """Write some paths as a list of texts."""
    texts = (str(path).replace("'", "''") for path in paths)
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"


def as_text(column: str) -> str:
    """Write an instant as segments have it."""
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"
