import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from billproof.errors import ExternalServiceUnavailable
from billproof.masterdata.meters import Meter
from billproof.usage import log
from billproof.usage.buckets import Buckets
from billproof.usage.ingestion import Message, ingest_usage
from billproof.usage.model import Reason
from billproof.usage.reference_data import ReferenceDataCache
from billproof.usage.validation import raw_bytes
from tests.support.world import ACCEPTANCE, NOW, World, flight


def refused(world: World) -> list[Any]:
    days = sorted({key.split("/")[1].removeprefix("day=") for key in world.objects.keys("quarantine/")})
    return [each for day in days for each in log.read_quarantine(world.objects, day)]


def accepted(world: World) -> list[Any]:
    return [row for key in world.objects.keys("usage/") for row in log.read_segment(world.objects, key)]


def send(world: World, body: str, message_id: str = "m1") -> Any:
    message = Message(id=message_id, body=body, sent_at=NOW)
    return ingest_usage(
        [message],
        objects=world.objects,
        reference_data=world.reference_data,
        buckets=world.buckets(),
        acceptance=ACCEPTANCE,
    )


BAD: list[tuple[str, Any, Reason]] = [
    ("unparsable", '{"specversion": "1.0", ', Reason.UNPARSABLE),
    ("broken array", '[{"specversion": "1.0"}, ', Reason.UNPARSABLE),
    ("not utf-8 enough", '{"specversion": "\\ud800"', Reason.UNPARSABLE),
    ("half a surrogate pair", '{"id": "\ud800"}', Reason.UNPARSABLE),
    ("deeply nested data", json.dumps(flight()).replace('"120"', "[" * 32_000 + "]" * 32_000), Reason.UNPARSABLE),
    ("a deeply nested array", "[" * 50_000, Reason.UNPARSABLE),
    ("an account that is no name", flight(account="x" * 5_000), Reason.UNKNOWN_ACCOUNT),
    ("an account with a line end", flight(account="UA\n"), Reason.UNKNOWN_ACCOUNT),
    ("a number", "17", Reason.NOT_A_CLOUDEVENT),
    ("no CloudEvent", {"hello": "world"}, Reason.NOT_A_CLOUDEVENT),
    ("another version", flight(specversion="0.3"), Reason.NOT_A_CLOUDEVENT),
    ("no id", flight(id=""), Reason.NOT_A_CLOUDEVENT),
    ("unknown account", flight(account="ZZ"), Reason.UNKNOWN_ACCOUNT),
    ("unknown meter", flight(type="flight.landed"), Reason.UNKNOWN_TYPE),
    ("naive time", flight(time="2013-01-05T12:00:00"), Reason.NAIVE_TIME),
    ("no time at all", flight(time="yesterday"), Reason.BAD_TIME),
    ("time as a number", flight(time=1357387200), Reason.BAD_TIME),
    ("an impossible day", flight(time="2013-02-30T12:00:00Z"), Reason.BAD_TIME),
    ("a week date", flight(time="2013-W01-6T12:00:00Z"), Reason.BAD_TIME),
    ("the zero time of Go and .NET", flight(time="0001-01-01T00:00:00Z"), Reason.OLD_TIME),
    ("the zero time in a zone", flight(time="0001-01-01T00:00:00+05:00"), Reason.BAD_TIME),
    ("a year before its meter's first day", flight(time="2011-12-29T11:59:59Z"), Reason.OLD_TIME),
    ("an offset of 24 hours", flight(time="2013-01-05T12:00:00+24:00"), Reason.BAD_TIME),
    ("an offset of 60 minutes", flight(time="2013-01-05T12:00:00-05:60"), Reason.BAD_TIME),
    ("digits of another script", flight(time="2013-01-0\u0665T12:00:00Z"), Reason.BAD_TIME),
    ("half a surrogate pair within data", json.dumps(flight()).replace('"120"', '{"x": "\ud800"}'), Reason.UNPARSABLE),
    ("far future", flight(time="2013-02-05T12:00:00Z"), Reason.FUTURE_TIME),
    ("negative", flight(data={"distance": "-1"}), Reason.NEGATIVE_QUANTITY),
    ("not a number", flight(data={"distance": "NaN"}), Reason.NON_FINITE_QUANTITY),
    ("infinite", flight(data={"distance": "Infinity"}), Reason.NON_FINITE_QUANTITY),
    ("16 decimals", flight(data={"distance": "0." + "1" * 16}), Reason.TOO_PRECISE),
    ("24 digits", flight(data={"distance": "1" * 24}), Reason.QUANTITY_TOO_LARGE),
    ("underscore", flight(data={"distance": "1_000"}), Reason.MALFORMED_QUANTITY),
    ("blanks", flight(data={"distance": " 12.5 "}), Reason.MALFORMED_QUANTITY),
    ("a line end", flight(data={"distance": "12\n"}), Reason.MALFORMED_QUANTITY),
    ("a time with a line end", flight(time="2013-01-05T12:00:00Z\n"), Reason.BAD_TIME),
    ("exponent", flight(data={"distance": "1e-7"}), Reason.MALFORMED_QUANTITY),
    ("exponent as a number", flight(data={"distance": 1e-7}), Reason.MALFORMED_QUANTITY),
    ("empty", flight(data={"distance": ""}), Reason.MALFORMED_QUANTITY),
    ("boolean", flight(data={"distance": True}), Reason.MALFORMED_QUANTITY),
    ("missing", flight(data={"distance": None}), Reason.MISSING_QUANTITY),
    ("too large", flight(data={"note": "x" * 70_000}), Reason.TOO_LARGE),
    ("more than there is room for", [1] * 10_001, Reason.TOO_MANY),
]


@pytest.mark.parametrize(("event", "reason"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_a_bad_event_is_quarantined_with_its_reason_and_kept_as_it_came(event: Any, reason: Reason) -> None:
    world = World()
    body = event if isinstance(event, str) else json.dumps(event)
    counts, failed = send(world, body)
    assert (counts.received, counts.accepted, counts.quarantined, failed) == (1, 0, 1, {})
    (found,) = refused(world)
    assert (found.reason, found.raw) == (reason, raw_bytes(body).decode(errors="backslashreplace"))
    assert accepted(world) == []


def test_good_and_bad_events_of_one_message_part_ways() -> None:
    world = World()
    events = [flight(1), flight(2, account="ZZ"), flight(3), flight(4, data={"distance": "-1"})]
    counts, _ = send(world, json.dumps(events))
    assert (counts.received, counts.accepted, counts.quarantined) == (4, 2, 2)
    assert [(each.position, each.account) for each in refused(world)] == [(1, "ZZ"), (3, "UA")]


def test_each_event_of_a_message_of_too_many_is_refused_by_itself_and_may_be_sent_again() -> None:
    world = World()
    events = [flight(number) for number in range(1_001)]
    counts, _ = send(world, json.dumps(events))
    assert (counts.received, counts.accepted, counts.quarantined) == (1_001, 0, 1_001)
    lines = refused(world)
    assert {line.reason for line in lines} == {Reason.TOO_MANY}
    assert {(line.account, line.time) for line in lines} == {("UA", "2013-01-05T17:00:00.000000Z")}
    counts, _ = send(world, lines[0].raw)
    assert counts.accepted == 1


def test_quantities_keep_their_text_whether_sent_as_text_or_number() -> None:
    world = World()
    exact = "12345678901234567890123.123456789012345"
    body = json.dumps([flight(1, data={"distance": exact}), flight(2)]).replace('"1000"', "1000.10")
    send(world, body)
    assert sorted(row.data["distance"] for row in accepted(world)) == ["1000.10", exact]


def test_times_are_kept_in_utc_and_events_lie_in_their_own_day() -> None:
    world = World()
    send(world, json.dumps(flight(time="2013-01-31T23:30:00-05:00")))
    (key,) = world.objects.keys("usage/")
    assert "day=2013-02-01" in key
    assert accepted(world)[0].time == "2013-02-01T04:30:00.000000Z"
    assert accepted(world)[0].received_at == "2013-02-02T12:00:00.000000Z"


def test_a_hostile_event_fails_no_message_beside_it() -> None:
    world = World()
    bodies = [json.dumps(flight(1)), "[" * 50_000, '{"id": "\ud800"}', json.dumps(flight(account="x" * 5_000))]
    messages = [Message(id=str(number), body=body, sent_at=NOW) for number, body in enumerate(bodies)]
    counts, failed = ingest_usage(
        messages,
        objects=world.objects,
        reference_data=world.reference_data,
        buckets=Buckets((1,)),
        acceptance=ACCEPTANCE,
    )
    assert (counts.accepted, counts.quarantined, failed) == (1, 3, {})


def test_a_batch_delivered_twice_writes_the_same_objects() -> None:
    world = World()
    body = json.dumps([flight(1), flight(2, account="ZZ")])
    send(world, body)
    before = dict(world.objects.items)
    send(world, body)
    assert world.objects.items == before


def test_a_refused_event_that_is_delivered_in_another_batch_counts_once() -> None:
    world = World()
    bad = Message(id="m1", body=json.dumps(flight(account="ZZ")), sent_at=NOW)
    worse = Message(id="m2", body=json.dumps(flight(2, account="ZZ")), sent_at=NOW)
    for batch in ([bad], [bad, worse]):
        ingest_usage(
            batch,
            objects=world.objects,
            reference_data=world.reference_data,
            buckets=Buckets((1,)),
            acceptance=ACCEPTANCE,
        )
    assert len(refused(world)) == 2


def test_only_the_messages_of_a_segment_that_failed_come_back() -> None:
    world = World()

    def fail_on_the_sixth(key: str) -> None:
        if "2013-01-06" in key:
            raise ExternalServiceUnavailable("s3 is slow tonight")

    world.objects.before_put = fail_on_the_sixth
    messages = [
        Message(id=day, body=json.dumps(flight(day=f"2013-01-{day}")), sent_at=NOW) for day in ("05", "06", "07")
    ]
    _, failed = ingest_usage(
        messages,
        objects=world.objects,
        reference_data=world.reference_data,
        buckets=Buckets((1,)),
        acceptance=ACCEPTANCE,
    )
    assert list(failed) == ["06"]
    assert len(accepted(world)) == 2


def test_an_event_is_never_claimed_before_it_is_safely_stored() -> None:
    """A peer meters zero after a failed write and a retry: its id was claimed first."""
    world = World()

    def down(_key: str) -> None:
        raise ExternalServiceUnavailable("s3 is down")

    world.objects.before_put = down
    message = [Message(id="m1", body=json.dumps(flight()), sent_at=NOW)]
    _, failed = ingest_usage(
        message,
        objects=world.objects,
        reference_data=world.reference_data,
        buckets=Buckets((1,)),
        acceptance=ACCEPTANCE,
    )
    assert list(failed) == ["m1"]
    world.objects.before_put = lambda _key: None
    ingest_usage(
        message,
        objects=world.objects,
        reference_data=world.reference_data,
        buckets=Buckets((1,)),
        acceptance=ACCEPTANCE,
    )
    assert len(accepted(world)) == 1


def test_accounts_and_meters_published_a_moment_ago_are_known_at_once() -> None:
    world = World(master_data=False)
    found = World()
    send(world, json.dumps(flight()))
    assert refused(world)[0].reason == Reason.UNKNOWN_TYPE
    for meter in found.directory.meters():
        world.publish(meter)
    send(world, json.dumps(flight()), "m2")
    assert {each.message_id: each.reason for each in refused(world)}["m2"] == Reason.UNKNOWN_ACCOUNT
    account = found.directory.account("UA")
    assert account is not None
    world.publish(account)
    counts, _ = send(world, json.dumps(flight()), "m3")
    assert counts.accepted == 1


def test_meters_are_read_again_after_a_minute() -> None:
    world = World()
    moments = [NOW, NOW + timedelta(seconds=59), NOW + timedelta(seconds=61)]
    reference_data = ReferenceDataCache(world.directory, lambda: moments[0])
    assert "flight.landed" not in reference_data.rules()
    landed = {
        "id": "landings",
        "version": 1,
        "name": "L",
        "unit": "l",
        "event_type": "flight.landed",
        "aggregation": "count",
    }
    world.publish(Meter.model_validate(landed))
    moments[0] = moments[1]
    assert "flight.landed" not in reference_data.rules()
    moments[0] = moments[2]
    assert "flight.landed" in reference_data.rules()


def test_the_memory_of_accounts_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billproof.usage.reference_data.REMEMBERED_ACCOUNTS", 1)
    world = World()
    assert [world.reference_data.knows(account) for account in ("UA", "B6", "UA", "ZZ")] == [True, True, True, False]


def test_a_batch_that_two_calls_take_at_once_leaves_what_one_leaves() -> None:
    message = Message(id="m1", body=json.dumps([flight(n) for n in range(50)]), sent_at=NOW)
    once, twice = World(), World()
    ingest_usage(
        [message],
        objects=once.objects,
        reference_data=once.reference_data,
        buckets=Buckets((1,)),
        acceptance=ACCEPTANCE,
    )
    start = Barrier(2)

    def take(_: int) -> None:
        start.wait()
        ingest_usage(
            [message],
            objects=twice.objects,
            reference_data=twice.reference_data,
            buckets=Buckets((1,)),
            acceptance=ACCEPTANCE,
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, range(2)))
    assert twice.objects.items == once.objects.items
