r"""Dividing a message into its events, so that what is wrong with one of them is its own trouble.

[{...}, {"id": "\ud800"}, {...}]     half a surrogate pair, NaN, a bad escape: the whole is no JSON, but its brackets
 good    refused           good     and quotes close, so each event is looked at by itself
[{...}, {"id": "7                    cut off: where an event ends is not known, so the message is refused whole
"""

import itertools
import re
from collections.abc import Iterator

import msgspec

from billproof.usage.model import Reason
from billproof.usage.refusing import Refused
from billproof.usage.validation import MAX_EVENTS_PER_MESSAGE, UNREADABLE, raw_bytes

MAX_ELEMENTS_PER_MESSAGE = 10_000
"""Elements that a message of too many is divided into: of so many that are events, none has 105 bytes."""
_EVENTS = msgspec.json.Decoder(list[msgspec.Raw])
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)
"""A string as a whole, or what begins, ends or parts values; a quote alone begins a string that nothing ends."""


def split_message(body: str) -> list[bytes]:
    """Return the raw events of one message: a CloudEvent, or an array, of more events than are taken, too.

    Raises Refused for the whole message where its events cannot be told apart, or it has more elements than a message
    has room for events.
    """
    raw = raw_bytes(body)
    if not raw.lstrip().startswith(b"["):
        return [raw]
    try:
        events = [bytes(event) for event in _EVENTS.decode(raw)]
    except UNREADABLE as error:
        events = _divided(raw)
        if not events:
            raise Refused(Reason.UNPARSABLE, str(error)) from None
    if len(events) > MAX_ELEMENTS_PER_MESSAGE:
        raise too_many(len(events))
    return events


def too_many(events: int) -> Refused:
    """Return why no event of a message of so many is taken."""
    detail = f"{events} events in one message, at most {MAX_EVENTS_PER_MESSAGE} are taken"
    return Refused(Reason.TOO_MANY, detail)


def _divided(raw: bytes) -> list[bytes]:
    """Return the elements of an array that is no JSON, without empty ones; none where they cannot be told apart."""
    edges = list(_edges(raw))
    if not edges or raw[edges[-1] :].strip() != b"]":
        return []
    elements = (raw[start + 1 : end].strip() for start, end in itertools.pairwise(edges))
    return [element for element in elements if element]


def _edges(raw: bytes) -> Iterator[int]:
    """Yield where an array begins, each of its own commas, and where it ends; nothing after a string without an end."""
    depth = 0
    for token in _TOKEN.finditer(raw):
        match token[0]:
            case b"[" | b"{":
                depth += 1
                if depth == 1:
                    yield token.start()
            case b"]" | b"}":
                depth -= 1
                if depth == 0:
                    yield token.start()
                    return
            case b'"':
                return
            case b"," if depth == 1:
                yield token.start()
