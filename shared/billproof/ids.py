"""Deterministic names: the same thing always gets the same key, on every machine and in every run."""

import hashlib
import json
import re
from typing import Any

from billproof.errors import InvalidInput

NAME_RULE = "must be letters, digits, '_' or '-', at most 64 and not starting with a sign"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


_PART = r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}"
_DOCUMENT = rf"{_PART}\.[0-9]{{4}}-[0-9]{{2}}\.{_PART}(~[0-9]{{2,}})?(\.[0-9]{{3,}}(-[0-9]{{2,}})?)?"
_KEY = (
    r"(runs|usage|invoices|documents|account-documents|archive|reconciliation|quarantine|control-totals)"
    r"(/[A-Za-z0-9_.~=-]+)+"
)
_SHOWN = re.compile(rf"{_PART}|{_DOCUMENT}|{_KEY}")
"""Names and numbers, the ids of documents and exceptions, and the keys of objects."""

_MAYBE_A_FLOAT = re.compile(r"[:,\[](?:-?[0-9]+[.eE]|-?Infinity|NaN)")


def is_name(value: str) -> bool:
    """Say whether a value can be a name that is part of keys."""
    return _NAME.fullmatch(value) is not None


def shown(text: str) -> str:
    """Return an id for a message: as it is where it has the form of our ids and keys, else nothing of it.

    What a caller sends in place of an id may be private text, and messages reach logs.
    """
    return text if _SHOWN.fullmatch(text) else "(not in the form of an id)"


def name(value: str, what: str) -> str:
    """Check a name that becomes part of keys: letters, digits, `_` and `-`, at most 64; raises InvalidInput."""
    if not is_name(value):
        message = f"{what} {value!r} {NAME_RULE}"
        raise InvalidInput(message)
    return value


def canonical_json(value: Any) -> bytes:
    """Write JSON in the one form that we hash: sorted keys, no blanks, UTF-8. Floats are refused (TypeError)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, float) or _MAYBE_A_FLOAT.search(text):  # or a text that looks like one
        _refuse_floats(value)
    return text.encode()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        message = f"{value!r} is a float: amounts and quantities are text"
        raise TypeError(message)
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_floats(item)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def shard_of(key: str, count: int) -> int:
    """Spread keys over `count` shards, the same way for ever (BLAKE2b, not Python's salted hash)."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) % count
