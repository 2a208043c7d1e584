"""The fast path of validation: a message whose events are all valid and have only text values becomes rows at once.

Every other message is checked event by event with `check_event`; a test compares the rows of both ways. The checks run
over a message as a whole (one pattern for all its times, one for all its quantities), which is several times as fast.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from billproof.periods import instant_text
from billproof.usage.model import SegmentRow
from billproof.usage.validation import MAX_AHEAD, MAX_EVENT_BYTES, MAX_EVENTS_PER_MESSAGE, UNREADABLE, TypeRule

_ROWS = msgspec.json.Decoder(list[SegmentRow])
_RAW = msgspec.json.Decoder(list[msgspec.Raw])
_SECONDS = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\n)+")
_ZONED = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])\n)+"
)
_QUANTITIES = re.compile(r"(?:(?:0|[1-9][0-9]{0,22})(?:\.[0-9]{1,15})?\n)*")


def plain_rows(
    body: str,
    *,
    rules: Mapping[str, TypeRule],
    received_at: datetime,
    oldest: datetime,
    knows: Callable[[str], bool],
) -> list[SegmentRow] | None:
    """Turn a message into rows, or return None if any of its events needs `check_event`."""
    try:
        raw = body.encode()
        rows = _ROWS.decode(raw)
    except (msgspec.ValidationError, UnicodeEncodeError, *UNREADABLE):
        return None
    if not 0 < len(rows) <= MAX_EVENTS_PER_MESSAGE or not _are_small(raw) or not _are_sound(rows, rules):
        return None
    floor = max(rules[kind].floor(oldest) for kind in {row.type for row in rows})
    times = _in_utc([row.time for row in rows], floor, received_at + MAX_AHEAD)
    if times is None or not all(map(knows, {row.account for row in rows})):
        return None
    received = instant_text(received_at)
    for position, (row, time) in enumerate(zip(rows, times, strict=True)):
        row.time, row.received_at, row.position, row.specversion = time, received, position, ""
    return rows


def _are_small(raw: bytes) -> bool:
    return len(raw) <= MAX_EVENT_BYTES or max(len(bytes(event)) for event in _RAW.decode(raw)) <= MAX_EVENT_BYTES


def _are_sound(rows: list[SegmentRow], rules: Mapping[str, TypeRule]) -> bool:
    if {row.specversion for row in rows} != {"1.0"}:
        return False
    if "" in {row.id for row in rows} or "" in {row.source for row in rows}:
        return False
    if {row.corrects for row in rows} != {None} or {row.retracts for row in rows} != {None}:
        return False
    types = {row.type for row in rows}
    if not types <= rules.keys():
        return False
    if len(types) == 1:
        return _fit([row.data for row in rows], rules[types.pop()])
    return all(_fit([row.data for row in rows if row.type == kind], rules[kind]) for kind in types)


def _fit(payloads: list[dict[str, str]], rule: TypeRule) -> bool:
    for name in rule.required - rule.quantities.keys():
        if not all(name in data for data in payloads):
            return False
    for name, is_required in rule.quantities.items():
        texts = [data[name] for data in payloads if name in data]
        if (is_required and len(texts) < len(payloads)) or not _match(_QUANTITIES, texts):
            return False
    return True


def _match(pattern: re.Pattern[str], texts: list[str]) -> bool:
    """Match every text at once: each is a line, so a text that holds a line end of its own is one too many."""
    joined = "\n".join([*texts, ""])
    return joined.count("\n") == len(texts) and pattern.fullmatch(joined) is not None


def _in_utc(times: list[str], earliest: datetime, latest: datetime) -> list[str] | None:
    """Return times of RFC 3339 in UTC; None where one is none, has no zone or is outside what is accepted."""
    in_seconds = _match(_SECONDS, times)
    if not in_seconds and not _match(_ZONED, times):
        return None
    try:
        moments = [datetime.fromisoformat(time if in_seconds else time.upper()) for time in times]
        if max(moments) > latest or min(moments) < earliest:
            return None
        return (
            [f"{time[:-1]}.000000Z" for time in times] if in_seconds else [instant_text(moment) for moment in moments]
        )
    except (ValueError, OverflowError):
        return None
