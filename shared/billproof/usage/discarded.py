"""Discarded dead letters: what was put aside for good, kept as it came, and what is left of one without an account.

discarded/<queue>/<message>.json                 the letter, who discarded it and why
discarded/<queue>/<message>.<digest>.json        what is left of it without an account that was taken out
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from billproof.ids import canonical_json, digest_bytes
from billproof.ports import NewObject, Objects
from billproof.store_keys import ObjectKey

PREFIX = "discarded/"
TAKEN_OUT = "(taken out)"
"""What stands in a reason where it named the account."""


def discarded_key(queue: str, message: str) -> str:
    """Return where a discarded letter is kept."""
    return f"discarded/{queue}/{message}.json"


def naming(account: str) -> re.Pattern[str]:
    """Return the pattern of texts that name an account, and not only one whose name begins or ends alike."""
    return re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(account)}(?![A-Za-z0-9_-])")


def letters_without(account: str, objects: Objects) -> Iterator[tuple[str, NewObject | None, int]]:
    """Yield the letters that name an account, what is left of each without it (None: nothing), and what it held of it.

    Of usage events those of other accounts are left. Any other letter is about one thing: it goes as a whole.
    """
    named = naming(account)
    for key in objects.keys(PREFIX):
        data = objects.get(key)
        if not named.search(data.decode(errors="replace")):
            continue
        letter = _object(data)
        events = _events(letter.get("body"))
        rest = [event for event in events if not named.search(json.dumps(event, ensure_ascii=False))]
        reason = named.sub(TAKEN_OUT, str(letter.get("reason", "")))
        left = canonical_json({**letter, "body": json.dumps(rest, ensure_ascii=False), "reason": reason})
        if rest and not named.search(left.decode()):
            yield key, _new(key, left), len(events) - len(rest)
        else:
            yield key, None, max(len(events), 1)


def _new(key: str, data: bytes) -> NewObject:
    return NewObject(discarded_key(ObjectKey.parse(key).parts[0], digest_bytes(data)[:40]), data)


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _events(body: Any) -> list[Any]:
    """Return the events of a message of usage; none where a body is no array, and is about one thing."""
    try:
        value = json.loads(body) if isinstance(body, str) else None
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else []
