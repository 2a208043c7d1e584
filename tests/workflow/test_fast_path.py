"""The fast path of ingestion: it takes only what validation takes, and makes the same rows of it."""

import json
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.usage import log
from billproof.usage.fast_path import plain_rows
from billproof.usage.model import ControlTotal
from billproof.usage.splitting import split_message
from billproof.usage.validation import check_event
from tests.support.world import NOW, World, flight

OLDEST = NOW - timedelta(days=400)

TEXTS = st.sampled_from(
    ["0", "1", "12.50", "0.000000000000001", "00", "1_0", " 1", "1\n2", "-1", "1e3", "", "9" * 23, "9" * 24, "N1"]
)

TIMES = st.sampled_from(
    [
        "2013-01-05T12:00:00Z",
        "2013-01-05T12:00:00.5Z",
        "2013-01-05t12:00:00z",
        "2013-01-05T12:00:00.123456789-05:00",
        "2013-01-31T23:30:00-05:00",
        "2013-01-05T12:00:00",
        "2013-02-30T12:00:00Z",
        "2013-01-05T12:00:00Z\n",
        "0001-01-01T00:00:00+14:00",
        "2099-01-01T00:00:00Z",
        "2011-12-29T12:00:00Z",
        "2011-12-29T11:59:59Z",
        "2013-01-05T12:00:00+05:60",
        "2013-01-05T12:00:00-24:00",
        "2013-01-05T12:00:00+23:59",
        "2013-W01-1",
    ]
)

PLAIN = st.fixed_dictionaries(
    {
        "specversion": st.sampled_from(["1.0", "1.0", "1.0", "0.3", ""]),
        "id": st.sampled_from(["a", "b", ""]),
        "source": st.sampled_from(["s", ""]),
        "type": st.sampled_from(["flight.departed", "flight.cancelled", "unknown"]),
        "subject": st.sampled_from(["UA", "EV", "nobody"]),
        "time": TIMES,
        "data": st.one_of(
            st.just({"distance": "1000", "tail_number": "N1"}),
            st.dictionaries(st.sampled_from(["distance", "air_time", "tail_number"]), TEXTS, max_size=3),
        ),
    },
    optional={"corrects": st.sampled_from([None, "a", "z"]), "received_at": st.just("1999"), "retracts": st.none()},
)

WORLD = World()


@settings(max_examples=400, deadline=None)
@given(st.lists(PLAIN, min_size=1, max_size=4))
def test_the_fast_path_makes_the_rows_that_validation_makes(events: list[dict[str, Any]]) -> None:
    """Where it takes a message, it takes all of its events, and each as validation takes it."""
    reference_data = WORLD.reference_data
    body = json.dumps(events)
    fast = plain_rows(body, rules=reference_data.rules(), received_at=NOW, oldest=OLDEST, knows=reference_data.knows)
    if fast is None:
        return
    rows = [
        check_event(raw, rules=reference_data.rules(), received_at=NOW, oldest=OLDEST, position=position)
        for position, raw in enumerate(split_message(body))
    ]
    assert fast == rows
    assert log.pack(fast) == log.pack([row for row in rows if not isinstance(row, ControlTotal)])


def test_plain_messages_do_take_the_fast_path() -> None:
    events = [flight(1), flight(2, account="EV", type="flight.cancelled"), flight(3, time="2013-01-05T12:00:00.25Z")]
    rows = plain_rows(
        json.dumps(events),
        rules=WORLD.reference_data.rules(),
        received_at=NOW,
        oldest=OLDEST,
        knows=WORLD.reference_data.knows,
    )
    assert rows is not None
    assert [row.time for row in rows] == [
        "2013-01-05T17:00:00.000000Z",
        "2013-01-05T17:00:00.000000Z",
        "2013-01-05T12:00:00.250000Z",
    ]
    large = [{**flight(n), "comment": "x" * 2_000} for n in range(50)]
    knows = WORLD.reference_data.knows
    assert (
        plain_rows(json.dumps(large), rules=WORLD.reference_data.rules(), received_at=NOW, oldest=OLDEST, knows=knows)
        is not None
    )
    large[7]["comment"] = "x" * 70_000
    assert (
        plain_rows(json.dumps(large), rules=WORLD.reference_data.rules(), received_at=NOW, oldest=OLDEST, knows=knows)
        is None
    )
