"""Dead letters as people see them: which queues have any, what each says with its values masked, and why it failed."""

import json
import re
from typing import Any, Protocol

from billproof.model import Model, Whole
from billproof.personal_numbers import has_personal_number

MASK = "•••"
READABLE = frozenset(
    {
        *("kind", "specversion", "type", "time", "legal_entity", "period", "run", "run_id", "invoice", "document"),
        *("number", "correlation_id", "erp", "channel", "currency", "booked_on", "version", "contract"),
    }
)
"""Fields whose values name our own things, and no person, address, bank account or amount."""
_NAME = re.compile(r"[A-Za-z0-9._:~#/+-]{1,120}")
_FIELD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]{0,63}")
MOST_SHOWN = 4_000
"""Letters of the longest body that is shown."""


class QueuePair(Model):
    """A work queue and its dead-letter queue, by URL, and the log group of the function that reads it."""

    queue: str
    dead: str
    log: str


class DeadQueue(Model):
    """About how many messages wait in a queue, and how many are dead."""

    queue: str
    waiting: Whole
    dead_letters: Whole


class Letter(Model):
    """A dead letter as it is, and the error that its function logged last of it, where it did."""

    id: str
    sent_at: str
    body: str
    error: str


class DeadLetters(Protocol):
    """The dead letters of work queues."""

    def queues(self) -> list[DeadQueue]:
        """Count what waits in every work queue, and in its dead-letter queue."""

    def letters(self, queue: str, *, most: int) -> list[Letter]:
        """Return some dead letters, the oldest first, and leave them where they are; raises NotFound."""

    def send_back(self, queue: str, *, most: int) -> int:
        """Send dead letters back to their queue, and return how many; raises NotFound."""


def masked(body: str) -> str:
    """Return a body with the names of its fields, and of their values only those that name our own things.

    Whatever a field is called, what reads as a bank account, a card or a tax number is masked.
    """
    try:
        shown = json.dumps(_masked(json.loads(body), is_readable=False), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return f"{MASK} ({len(body):,} letters that are no JSON)"
    return shown[:MOST_SHOWN]


def masked_error(error: str) -> str:
    """Return an error as it is, or nothing of one that names a bank account, a card or a tax number."""
    return MASK if has_personal_number(error) else error


def _masked(value: Any, *, is_readable: bool) -> Any:
    if isinstance(value, dict):
        return {_masked_name(name): _masked(known, is_readable=name in READABLE) for name, known in value.items()}
    if isinstance(value, list):
        return [_masked(known, is_readable=False) for known in value]
    if value is None or isinstance(value, bool):
        return value
    is_name = is_readable and isinstance(value, str) and _NAME.fullmatch(value) is not None
    return value if is_name and not has_personal_number(value) else MASK


def _masked_name(name: str) -> str:
    """Return the name of a field; what is none, such as an address that somebody keys their data by, is masked."""
    return name if _FIELD.fullmatch(name) and not has_personal_number(name) else MASK
