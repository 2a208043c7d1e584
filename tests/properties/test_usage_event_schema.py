"""The schema of a usage event says what validation says: what it refuses is refused, and what it can express it has."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from billproof.usage.refusing import Refused
from billproof.usage.validation import TypeRule, check_event
from billproof_ops.usage_event_schema import usage_event

NOW = datetime(2013, 2, 2, 12, tzinfo=UTC)
RULES = {"flight.departed": TypeRule({"distance": False}, frozenset())}
SCHEMA = Draft202012Validator(usage_event())
FLIGHT, CORRECTION, RETRACTION, TOTAL = usage_event()["examples"]


def reason(event: Any) -> str | None:
    """Why validation refuses an event, or None."""
    try:
        check_event(json.dumps(event).encode(), rules=RULES, received_at=NOW, oldest=datetime(2012, 1, 1, tzinfo=UTC))
    except Refused as refused:
        return refused.reason.value
    return None


@pytest.mark.parametrize("event", [FLIGHT, CORRECTION, RETRACTION, TOTAL])
def test_the_examples_are_events_that_are_accepted(event: dict[str, Any]) -> None:
    assert reason(event) is None
    assert SCHEMA.is_valid(event)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        *(({name: ...}, "not_a_cloudevent") for name in ("specversion", "id", "source", "type", "subject", "data")),
        *(({name: ""}, "not_a_cloudevent") for name in ("id", "source", "subject")),
        ({"specversion": "0.3"}, "not_a_cloudevent"),
        ({"data": []}, "not_a_cloudevent"),
        ({"data": None}, "not_a_cloudevent"),
        ({"id": 7}, "not_a_cloudevent"),
        ({"corrects": 7}, "not_a_cloudevent"),
        ({"time": "2013-01-31T23:59:00"}, "time_without_zone"),
        ({"time": "2013-01-31 23:59:00Z"}, "time_unreadable"),
        ({"time": "2013-01-31T23:59:00+24:00"}, "time_unreadable"),
        ({"time": 1359676740}, "time_unreadable"),
        ({"corrects": ""}, "correction_malformed"),
        ({"corrects": "a", "retracts": "b"}, "correction_malformed"),
        ({**TOTAL, "data": {}}, "quantity_missing"),
        ({**TOTAL, "data": {"count": None}}, "quantity_missing"),
        ({**TOTAL, "data": {"count": "1.5"}}, "quantity_malformed"),
        ({**TOTAL, "data": {"count": True}}, "quantity_malformed"),
        ({**TOTAL, "data": {"count": "1", "sum": "1e3"}}, "quantity_malformed"),
        ({**TOTAL, "data": {"count": 1, "sum": -1}}, "quantity_negative"),
    ],
)
def test_what_a_schema_can_say_it_says(change: dict[str, Any], why: str) -> None:
    event = {name: value for name, value in {**FLIGHT, **change}.items() if value is not ...}
    assert reason(event) == why
    assert not SCHEMA.is_valid(event)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.text(max_size=9), values, max_size=2),
    max_leaves=4,
)
TIMES = st.sampled_from(
    ("2013-01-31t23:59:00z", "2012-12-31T23:59:60Z", "2013-01-31T23:59:00.123456789+05:30", "2013-02-01T00:00:00-00:00")
)
QUANTITIES = st.sampled_from(("0", "1", "1.50", "9" * 23, "1." + "0" * 30, "-0", "1e3", "1_000", " 1")) | st.integers()
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("id", "source", "type", "subject", "corrects", "retracts", "traceparent"), JSON),
        "time": TIMES | JSON,
        "data": st.dictionaries(st.sampled_from(("count", "sum", "distance")), QUANTITIES | JSON, max_size=3) | JSON,
    },
)


@given(event=st.sampled_from((FLIGHT, RETRACTION, TOTAL)), change=CHANGES)
@settings(max_examples=300, deadline=None)
def test_what_is_accepted_is_valid(event: dict[str, Any], change: dict[str, Any]) -> None:
    sent = {**event, **change}
    if reason(sent) is None:
        assert list(SCHEMA.iter_errors(sent)) == []
