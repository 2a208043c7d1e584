"""The JSON Schema of a usage event: a CloudEvent with our extensions, by the rules of billproof.usage.validation.

What is looked up (does the account exist, which properties does a meter read?) and what is compared with a clock is not
in it: whatever it refuses is refused by the API, too, and not the other way round.
"""

from typing import Any

from billproof.periods import TIME
from billproof.usage.model import CONTROL_TOTAL
from billproof.usage.validation import MAX_EVENT_BYTES, QUANTITY, WHOLE

_ID = {"type": "string", "minLength": 1}
_NAMED = {"type": ["string", "null"], "minLength": 1}


def usage_event() -> dict[str, Any]:
    """Return the schema, without its names."""
    return {
        "title": "UsageEvent",
        "description": f"A usage event: a CloudEvent 1.0 of at most {MAX_EVENT_BYTES:,} bytes. It counts once by its "
        "source, id, account and day. Other attributes of CloudEvents are taken and not read.",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0", "description": "Version of CloudEvents."},
            "id": {**_ID, "description": "Id of the event, unique for its source, account and day (UTC)."},
            "source": {**_ID, "description": "Who sends the event; a client may be limited to some sources."},
            "type": {"type": "string", "description": f"What happened, as meters name it; {CONTROL_TOTAL} is a total."},
            "subject": {**_ID, "description": "Id of the account that used something; of a control total the meter."},
            "time": {
                "type": "string",
                "format": "date-time",
                "pattern": f"^{TIME.pattern.removesuffix('?')}$",
                "description": "When it happened, RFC 3339 with a zone: it decides the month that bills it.",
            },
            "data": {
                "type": "object",
                "description": "Its properties by name. Quantities are best sent as decimal text; the digits of a "
                "number are kept as they are written. null is as if the property were not there.",
            },
            "corrects": {**_NAMED, "description": "Id of the earlier event that this one replaces."},
            "retracts": {**_NAMED, "description": "Id of the earlier event that this one takes back."},
        },
        "not": {
            "required": ["corrects", "retracts"],
            "properties": {"corrects": {"type": "string"}, "retracts": {"type": "string"}},
        },
        "if": {"required": ["type"], "properties": {"type": {"const": CONTROL_TOTAL}}},
        "then": {"properties": {"data": _totals()}},
        "examples": [_flight(), _correction(), _retraction(), _control_total()],
    }


def _totals() -> dict[str, Any]:
    """Return the schema of what a source says it sent of a meter in the hour that begins at `time`."""
    count, total = ({"pattern": f"^{rule.pattern}$"} for rule in (WHOLE, QUANTITY))
    return {
        "required": ["count"],
        "properties": {
            "count": {
                "type": ["string", "integer"],
                "minimum": 0,
                **count,
                "description": "Events that the source sent of the meter in the hour, each counted once.",
            },
            "sum": {
                "type": ["string", "number", "null"],
                "minimum": 0,
                **total,
                "description": "Sum of their quantities, for a meter that sums.",
            },
        },
    }


def _flight() -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "2013-01-31:UA:1545:EWR",
        "source": "skymeter/operations",
        "type": "flight.departed",
        "subject": "UA",
        "time": "2013-01-31T23:59:00-05:00",
        "data": {"distance": "1400", "tail_number": "N14228", "air_time": "227", "origin": "EWR"},
    }


def _retraction() -> dict[str, Any]:
    return {**_flight(), "id": "2013-01-31:UA:1545:EWR:x", "retracts": "2013-01-31:UA:1545:EWR", "data": {}}


def _correction() -> dict[str, Any]:
    corrected = {**_flight()["data"], "distance": "1416"}
    return {**_flight(), "id": "2013-01-31:UA:1545:EWR:2", "corrects": "2013-01-31:UA:1545:EWR", "data": corrected}


def _control_total() -> dict[str, Any]:
    return {
        **_flight(),
        "id": "totals:2013-02-01T04",
        "type": CONTROL_TOTAL,
        "subject": "miles",
        "time": "2013-02-01T04:00:00Z",
        "data": {"count": "12", "sum": "18640"},
    }
