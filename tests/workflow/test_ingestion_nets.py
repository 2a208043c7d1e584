"""What one event raises is its own trouble; how old an event may be; and how much one call takes."""

import contextlib
import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from billproof.errors import ExternalServiceUnavailable
from billproof.masterdata.meters import Meter
from billproof.nets import begin
from billproof.periods import instant_text
from billproof.usage import log
from billproof.usage.ingestion import Message, ingest_usage
from billproof.usage.model import Ingested, Quarantined, Reason
from billproof.usage.validation import check_event, raw_bytes
from billproof_ops.paths import ROOT
from tests.support.world import ACCEPTANCE, NOW, World, flight


def refused(world: World) -> list[Quarantined]:
    days = sorted({key.split("/")[1].removeprefix("day=") for key in world.objects.keys("quarantine/")})
    return [line for day in days for line in log.read_quarantine(world.objects, day)]


def take(world: World, *messages: Message) -> tuple[Ingested, dict[str, Any]]:
    return ingest_usage(
        messages,
        objects=world.objects,
        reference_data=world.reference_data,
        buckets=world.buckets(),
        acceptance=ACCEPTANCE,
    )


def message(*events: dict[str, Any], name: str = "m1", later: timedelta = timedelta()) -> Message:
    return Message(id=name, body=json.dumps(events), sent_at=NOW + later)


def raises(error: Exception, when: Callable[..., bool]) -> Callable[..., Any]:
    def check(*args: Any, **kwargs: Any) -> Any:
        if when(*args):
            raise error
        return known(*args, **kwargs)

    known = check_event
    return check


ERRORS = [OverflowError("date value out of range"), RecursionError("too deep"), ValueError("a surprise"), KeyError("x")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_event_that_raises_anything_is_quarantined_and_its_neighbours_are_stored_and_marked(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("billproof.usage.ingestion.check_event", raises(error, lambda raw: b"N2" in raw))
    call = begin("1-6926-trace")
    world = World()
    late = timedelta(days=60)
    world.moment += late
    counts, failed = take(world, message(flight(1), flight(2), flight(3, data={"distance": 7}), later=late))
    assert (counts.accepted, counts.quarantined, counts.internal_errors, failed) == (2, 1, 1, {})
    (line,) = refused(world)
    assert (line.reason, line.detail) == (Reason.INTERNAL_ERROR, f"{type(error).__name__}, trace 1-6926-trace")
    assert json.loads(line.raw) == flight(2)
    assert call.caught == [error]
    assert [(mark.account, mark.month) for mark in log.late_marks(world.objects, 0)] == [("UA", "2013-01")]


def test_the_zero_time_stops_no_late_mark_of_its_neighbours() -> None:
    world = World()
    world.moment += timedelta(days=60)
    events = [flight(1), flight(2, time="0001-01-01T00:00:00Z"), flight(3, account="B6")]
    counts, failed = take(world, message(*events, later=timedelta(days=60)))
    assert (counts.accepted, counts.quarantined, failed) == (2, 1, {})
    marked = {(mark.account, mark.month) for mark in log.late_marks(world.objects, 0)}
    assert marked == {("UA", "2013-01"), ("B6", "2013-01")}


ALMOST_JSON = {
    "half a surrogate pair": ('"N2"', '"\\ud83d"'),
    "half a surrogate pair as it is": ('"N2"', '"\ud83d"'),
    "half a surrogate pair in a name": ('"tail_number": "N2"', '"\\udc00": "N2"'),
    "no number": ('"1000"', "NaN"),
    "a line feed within a text": ('"N2"', '"N\n2"'),
    "an escape that there is not": ('"N2"', r'"N\x32"'),
    "brackets of a text": ('"N2"', r'"\ud83d ]},{[ \" , \\"'),
    "a quantity cut off": ('"1000"', "1e"),
    "a bracket that ends another one": ('"N2"', '["N2"}'),
}


@pytest.mark.parametrize(("old", "new"), ALMOST_JSON.values(), ids=ALMOST_JSON)
def test_an_event_that_is_no_json_leaves_its_neighbours_in_peace(old: str, new: str) -> None:
    """One of a thousand events with half an emoji put all of them into quarantine, as one."""
    world = World(accounts={"UA"})
    bad = json.dumps(flight(2)).replace(old, new)
    body = f"[{json.dumps(flight(1))}, {bad}, {json.dumps(flight(3))}]"
    counts, failed = take(world, Message(id="m1", body=body, sent_at=NOW))
    assert (counts.accepted, counts.quarantined, counts.internal_errors, failed) == (2, 1, 0, {})
    (line,) = refused(world)
    assert (line.reason, line.position) == (Reason.UNPARSABLE, 1)
    assert line.raw == raw_bytes(bad).decode(errors="backslashreplace")


@pytest.mark.parametrize("end", ["", "]", '"]', "}] x", "}]]", ', "id": "}]'])
def test_a_message_whose_events_cannot_be_told_apart_is_refused_as_one(end: str) -> None:
    world = World(accounts={"UA"})
    body = f"[{json.dumps(flight(1))}, {json.dumps(flight(2))[:-1]}{end}"
    counts, failed = take(world, Message(id="m1", body=body, sent_at=NOW))
    assert (counts.accepted, counts.quarantined, failed) == (0, 1, {})
    assert [(line.reason, line.raw) for line in refused(world)] == [(Reason.UNPARSABLE, body)]


def test_empty_places_of_an_array_are_no_events() -> None:
    world = World(accounts={"UA"})
    body = f"[, {json.dumps(flight(1))}, , {json.dumps(flight(2))},]"
    assert take(world, Message(id="m1", body=body, sent_at=NOW))[0].accepted == 2
    assert take(world, Message(id="m2", body="[,]", sent_at=NOW))[0].quarantined == 1


def test_the_sample_of_a_time_too_old_leaves_its_neighbour_in_peace() -> None:
    world = World()
    sample = json.loads((ROOT / "events" / "ingest_usage" / "good-with-a-time-too-old.json").read_text())
    counts, failed = take(world, Message(id="m1", body=sample["Records"][0]["body"], sent_at=NOW))
    assert (counts.accepted, failed, [line.reason for line in refused(world)]) == (1, {}, [Reason.OLD_TIME])


def test_the_sample_of_half_a_surrogate_pair_leaves_its_neighbour_in_peace() -> None:
    world = World(accounts={"UA"})
    sample = json.loads((ROOT / "events" / "ingest_usage" / "good-with-half-a-surrogate-pair.json").read_text())
    counts, failed = take(world, Message(id="m1", body=sample["Records"][0]["body"], sent_at=NOW))
    assert (counts.accepted, failed) == (1, {})
    assert [(line.reason, line.account, line.time) for line in refused(world)] == [
        (Reason.UNPARSABLE, "UA", "2013-01-05T17:00:00.000000Z")
    ]


def test_a_fault_of_the_store_returns_its_message_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    known = world.reference_data.knows

    def knows(account: str) -> bool:
        if account == "B6":
            raise ExternalServiceUnavailable("dynamodb is slow tonight")
        return known(account)

    monkeypatch.setattr(world.reference_data, "knows", knows)
    counts, failed = take(world, message(flight(1)), message(flight(2, account="B6"), name="m2"))
    assert (counts.accepted, counts.quarantined, list(failed)) == (1, 0, ["m2"])


@pytest.mark.parametrize("dies_before", ["late/", "never"])
def test_a_call_that_is_made_again_leaves_the_marks_of_the_first_one(
    monkeypatch: pytest.MonkeyPatch, dies_before: str
) -> None:
    world = World()
    late = timedelta(days=60)
    sent = message(flight(1), flight(2, account="B6"), later=late)
    world.moment += late
    put_all = world.objects.put_all

    def dies(objects: Any) -> Any:
        if any(new.key.startswith(dies_before) for new in objects):
            raise KeyboardInterrupt
        return put_all(objects)

    monkeypatch.setattr(world.objects, "put_all", dies)
    with contextlib.suppress(KeyboardInterrupt):
        take(world, sent)
    monkeypatch.undo()
    first = world.now()
    world.moment += timedelta(minutes=15)
    take(world, sent)
    take(world, sent)
    marks = [(mark.account, mark.month, mark.written_at) for mark in log.late_marks(world.objects, 0)]
    assert marks == [("B6", "2013-01", instant_text(first)), ("UA", "2013-01", instant_text(first))]
    take(world, message(flight(3), name="m2", later=late))
    assert len(list(log.late_marks(world.objects, 0))) == 3


def test_late_usage_whose_marks_cannot_be_left_returns_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.moment += timedelta(days=60)
    in_time = flight(2, day=f"{world.moment:%Y-%m-%d}", time=f"{world.moment:%Y-%m-%dT%H:%M:%SZ}")
    down = ExternalServiceUnavailable("s3 is slow tonight")
    monkeypatch.setattr(world.objects, "create", lambda *_, **__: raising(down))
    sent = [message(flight(1), later=timedelta(days=60)), message(in_time, name="m2", later=timedelta(days=60))]
    counts, failed = take(world, *sent)
    assert (counts.accepted, failed) == (2, {"m1": down})


def raising(error: Exception) -> Any:
    raise error


def test_an_old_event_is_let_in_by_the_meter_that_accepts_it() -> None:
    world = World()
    old = flight(1, time="1999-12-31T23:00:00-05:00")
    take(world, message(old))
    assert [line.reason for line in refused(world)] == [Reason.OLD_TIME]
    (meter,) = (meter for meter in world.directory.meters() if meter.id == "miles_tracked")
    world.publish(meter.model_copy(update={"version": 2, "accepts_from": date(2000, 1, 1)}))
    world.moment += timedelta(minutes=2)
    counts, _ = take(world, message(old, name="m2", later=timedelta(minutes=2)))
    assert counts.accepted == 1
    counts, _ = take(world, message(flight(2, time="1999-12-31T18:59:59-05:00"), name="m3"))
    assert counts.quarantined == 1


def test_a_control_total_of_a_time_that_no_meter_accepts_is_refused() -> None:
    world = World()
    total = flight(type="billproof.control-total", account="miles_tracked", data={"count": "1"})
    take(world, message(total | {"time": "2011-12-01T12:00:00Z"}), message(total | {"time": "2013-01-05T12:00:00Z"}))
    assert [line.reason for line in refused(world)] == [Reason.OLD_TIME]
    assert len(list(world.objects.keys("control-totals/"))) == 1


def test_no_meter_accepts_events_before_1970() -> None:
    meter = World().directory.meters()[0].model_dump() | {"accepts_from": "1969-12-31"}
    with pytest.raises(ValueError, match="accepts_from"):
        Meter.model_validate(meter)


def test_a_call_takes_a_thousand_event_days_and_two_thousand_late_accounts() -> None:
    world = World()
    world.moment += timedelta(days=400)
    day = date(2013, 1, 1)
    days = [flight(n, day=str(day + timedelta(days=n % 365))) for n in range(1_000)]
    counts, failed = take(world, message(*days, later=timedelta(days=400)))
    assert (counts.accepted, counts.segments, failed) == (1_000, 365, {})
    accounts = [world.directory.account("UA")]
    assert accounts[0] is not None
    names = [f"late-{n:04d}" for n in range(2_000)]
    world.publish(*(accounts[0].model_copy(update={"id": name}) for name in names))
    late = [
        message(*(flight(n, account=name) for n, name in enumerate(chunk)), name=chunk[0], later=timedelta(days=400))
        for chunk in (names[:1_000], names[1_000:])
    ]
    before = os.times().user
    counts, failed = take(world, *late)
    assert (counts.accepted, failed) == (2_000, {})
    assert {mark.account for mark in log.late_marks(world.objects, 0)} == {"UA", *names}
    assert os.times().user - before < 10


def test_messages_past_the_objects_of_one_call_wait_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billproof.usage.ingestion.MOST_OBJECTS", 3)
    world = World()
    days = [flight(n, day=f"2013-01-{n:02d}") for n in range(1, 5)]
    sent = [message(*days), message(flight(9), name="m2")]
    counts, failed = take(world, *sent)
    assert (counts.accepted, list(failed)) == (4, ["m2"])
    counts, failed = take(world, sent[1])
    assert (counts.accepted, failed) == (1, {})


def test_many_hours_of_one_day_are_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billproof.usage.ingestion.MOST_OBJECTS", 3)
    world = World()
    hours = [flight(n, time=f"2013-01-05T{n:02d}:00:00Z") for n in range(24)]
    counts, failed = take(world, message(*hours), message(flight(99), name="m2"))
    assert (counts.accepted, counts.segments, failed) == (25, 1, {})
