"""Pieces of SQL that several queries share."""

from collections.abc import Sequence
from pathlib import Path

from billproof.quantities import WRITTEN_QUANTITY

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


def quantity_of(text: str) -> str:
    """Write a text as the quantity that ingestion takes it for; null where ingestion would refuse it.

    A cast alone also takes `-5`, `1e3`, `1_000` and ` 7`, and rounds what is too precise.
    """
    return f"case when regexp_full_match({text}, '{WRITTEN_QUANTITY}') then cast({text} as {DECIMAL}) end"


def as_text(column: str) -> str:
    """Write an instant as segments have it."""
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"
