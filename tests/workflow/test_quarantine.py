"""Every refused event has a place, a month and a state, and is in exactly one run's statement."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.approvals.dismissing import dismiss_event
from billproof.conservation.service import balance_run
from billproof.errors import NotAllowed, NotFound
from billproof.pipeline.artefacts import REFUSED, Artefacts
from billproof.pipeline.model import RunStatement
from billproof.pipeline.refusals import Quarantine, refused_of_month
from billproof.ports import Key
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_invoice, prove_run
from billproof.usage.buckets import Buckets
from billproof.usage.refusal_model import Dismissal, PlaceKind, QuarantinedAt, RefusedEvent
from billproof.usage.refused import accepted_since, readable_parts
from billproof_ops.local.people import local_identity
from tests.support.late_usage import FEB, JAN, MAR, RUN_DAYS
from tests.support.plans_of_before import as_of_before
from tests.support.world import EUROPE, INC, World, flight

SOURCE = "test/operations"
RUN = f"{INC}-{JAN}-001"


def bill(world: World, month: str, entity: str = INC) -> RunStatement:
    world.moment = RUN_DAYS[month]
    statement = world.bill(entity, month)
    world.post_all(entity, month)
    return statement


def places(statement: RunStatement) -> dict[str, QuarantinedAt]:
    return {f"{place.kind} {place.place}": place for place in statement.quarantine}


def parts(world: World, run: str, code: str = "events refused") -> dict[str, int]:
    statement = balance_run(run, stores=world.stores())
    assert statement.balances
    equation = next(each for each in statement.equations if each.code == code)
    return {"total": int(equation.total), **{name: int(value) for name, value in equation.parts.items()}}


def refused(world: World, month: str = JAN, entity: str = INC) -> list[RefusedEvent]:
    return refused_of_month(entity, month, directory=world.directory, quarantine=Quarantine(world.objects))


def dismissed(world: World, event: str, by: str = "ben") -> Dismissal:
    return dismiss_event(
        event,
        reason="a test of the source",
        caller=local_identity(by),
        policies=world.policies,
        directory=world.directory,
        objects=world.objects,
        now=world.now(),
    )


def test_a_typo_in_an_account_is_in_the_statement_of_the_entity_that_looks_after_the_source() -> None:
    world = World()
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "usage_sources": (SOURCE,)}))
    world.ingest([flight(1), flight(2, account="UAA"), flight(3, account="UAA")])
    statement = bill(world, JAN)
    place = places(statement)[f"source {SOURCE}"]
    assert (place.events, place.open, place.reasons) == (2, 2, {"unknown_account": 2})
    assert (statement.quarantined, statement.quarantined_unattributed) == (0, 2)
    (finding,) = [each for each in statement.findings if each.code == "usage_in_quarantine"]
    assert "2 refused events of source test/operations" in finding.message
    assert parts(world, RUN, "events received") == {"total": 3, "accepted": 1, "quarantined": 2}
    assert bill(world, JAN, EUROPE).quarantine == ()
    assert prove_run(RUN, stores=world.stores()).differences == ()


def test_events_of_no_account_are_counted_once_and_not_for_each_month_and_entity() -> None:
    world = World()
    world.ingest([{"no": "event"}, {"specversion": "1.0", "time": "2013-01-07T12:00:00Z", "source": SOURCE, "id": "1"}])
    counted = [
        place for month in (JAN, FEB) for entity in (INC, EUROPE) for place in bill(world, month, entity).quarantine
    ]
    assert sum(place.events for place in counted) == 2
    assert {place.kind for place in counted} == {PlaceKind.SOURCE, PlaceKind.UNATTRIBUTED}


def test_the_worth_of_refused_events_is_estimated_by_the_accounts_own() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(number) for number in range(1, 5)])
    world.ingest([flight(9, data={"distance": "-1"}), flight(10, data={"distance": "x"})])
    statement = bill(world, JAN)
    place = places(statement)["account UA"]
    assert place.reasons == {"quantity_malformed": 1, "quantity_negative": 1}
    nets = []
    for flights in (4, 6):  # the same month, had the two been accepted
        other = World(accounts={"UA"})
        other.ingest([flight(number) for number in range(1, flights + 1)])
        bill(other, JAN)
        nets.append(other.invoice(f"{INC}.{JAN}.UA").totals.net)
    assert place.worth == nets[1] - nets[0]


def test_one_that_was_corrected_and_sent_again_is_no_longer_open() -> None:
    world = World()
    world.ingest([flight(1), flight(2, data={"distance": "-1"}), flight(3, account="NEW")])
    world.ingest([flight(2), flight(3)])
    statement = bill(world, JAN)
    assert {name: (place.open, place.resent) for name, place in places(statement).items()} == {"account UA": (0, 1)}
    assert parts(world, RUN) == {"total": 1, "open": 0, "resent and accepted": 1, "dismissed": 0}
    assert [each.code for each in statement.findings] == []
    assert set(accepted_since(refused(world), objects=world.objects, buckets=world.buckets())) == {
        (SOURCE, "2013-01-05:UA:2")
    }


@pytest.mark.parametrize("time", ["yesterday", "2013-01-05T12:00:00", "2031-01-05T12:00:00Z", "1999-01-05T12:00:00Z"])
@pytest.mark.parametrize("account", ["UA", "UAA"])
@pytest.mark.parametrize("sent_on", ["2013-01-05", "2012-12-28"])
def test_one_that_was_refused_for_its_time_and_sent_again_with_another_is_no_longer_open(
    time: str, account: str, sent_on: str
) -> None:
    world = World(accounts={"UA"}, buckets=3)
    world.moment = datetime(2013, 1, 20, 12, tzinfo=UTC)
    world.ingest([flight(1), flight(2, account=account, time=time), flight(3, account=account, time=time)])
    known = [event for entity in (INC, EUROPE) for month in (JAN, "1999-01") for event in refused(world, month, entity)]
    event, other = sorted(known, key=lambda event: event.event or "")
    assert set(accepted_since([event, other], objects=world.objects, buckets=Buckets((3,)))) == set()
    world.ingest([flight(2, id=event.event, day=sent_on)])
    assert set(accepted_since([event, other], objects=world.objects, buckets=Buckets((3,)))) == {event.identity}


def test_a_person_dismisses_one_with_a_reason_and_the_first_decision_stands() -> None:
    world = World()
    world.ingest([flight(1), flight(2, data={"distance": "-1"})])
    bill(world, JAN)
    (event,) = refused(world)
    first = dismissed(world, event.id)
    assert dismissed(world, event.id, by="ana") == first
    assert (first.dismissed_by, first.identity) == ("ben", local_identity("ben"))
    assert parts(world, RUN) == {"total": 1, "open": 0, "resent and accepted": 0, "dismissed": 1}
    with pytest.raises(NotFound):
        dismissed(world, "2013-01-05.0123456789abcdef")
    with pytest.raises(NotFound):
        dismissed(world, "../runs")
    assert prove_run(RUN, stores=world.stores()).differences == ()


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "0500-06-01T00:00:00Z"])
def test_an_event_at_the_edges_of_time_stops_no_run_and_is_stated_once(time: str) -> None:
    """The first instant of all has no local day west of Greenwich; strftime writes the year 500 as 500."""
    world = World(accounts={"UA"})
    world.ingest([flight(1), flight(2, time=time)])
    statements = [bill(world, month) for month in (JAN, FEB, MAR)]
    assert sum(place.events for statement in statements for place in statement.quarantine) == 1
    assert world.register.released(f"{INC}.{JAN}.UA") is not None


def test_a_refused_event_of_an_account_whose_profile_no_longer_reads_stops_no_run() -> None:
    world = World(accounts={"UA", "B6"})
    world.ingest([flight(1, account="B6"), flight(2, data={"distance": "-1"})])
    key, items = Key("account#UA", "profile#v000001"), world.records["contracts"].items
    items[key] = {**items[key], "surprise": "?"}
    bill(world, JAN)
    assert world.register.released(f"{INC}.{JAN}.B6") is not None


def test_one_that_was_dismissed_and_sent_again_is_billed_and_says_so() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1), flight(2, data={"distance": "-1"})])
    (event,) = refused(world)
    dismissed(world, event.id)
    world.ingest([flight(2)])
    bill(world, JAN)
    assert parts(world, RUN) == {"total": 1, "open": 0, "resent and accepted": 1, "dismissed": 0}


def test_only_a_person_of_the_legal_entity_that_states_an_event_dismisses_it() -> None:
    world = World()
    policy = world.directory.policy(INC)
    others = tuple(person for person in policy.people if person.id != "ben")
    world.publish(policy.model_copy(update={"version": policy.version + 1, "people": others}))
    world.ingest([flight(1), flight(2, data={"distance": "-1"})])
    (event,) = refused(world)
    assert world.directory.policy(EUROPE).person_of(local_identity("ben")) is not None
    for name in ("ben", "mallory"):
        with pytest.raises(NotAllowed):
            dismissed(world, event.id, by=name)
    assert dismissed(world, event.id, by="ana").dismissed_by == "ana"


@pytest.mark.parametrize("by", ["mallory", "carla"])
def test_a_dismissal_of_nobody_who_may_is_found_by_the_proof(by: str) -> None:
    world = World()
    world.ingest([flight(1), flight(2, data={"distance": "-1"})])
    bill(world, JAN)
    (event,) = refused(world)
    decision = dismissed(world, event.id)
    (key,) = world.objects.keys("dismissals/")
    forged = decision.model_copy(update={"identity": local_identity(by)})
    world.objects.items[key] = forged.model_dump_json().encode()
    (difference,) = prove_run(RUN, stores=world.stores()).differences
    assert (difference.kind, difference.where) == (DifferenceKind.DISMISSAL, event.id)
    of_before = decision.model_copy(update={"identity": None})  # dismissals had no identity once
    world.objects.items[key] = of_before.model_dump_json().encode()
    assert prove_run(RUN, stores=world.stores()).holds


def test_what_is_refused_after_the_run_changes_no_closed_statement_and_is_stated_by_the_next() -> None:
    world = World()
    world.ingest([flight(1), flight(2, data={"distance": "-1"})])
    bill(world, JAN)
    before = parts(world, RUN, "events received")
    world.ingest([flight(number, data={"distance": "-1"}) for number in (3, 4)])
    assert parts(world, RUN, "events received") == before
    assert prove_run(RUN, stores=world.stores()).differences == ()
    again = world.bill()
    assert places(again)["account UA"].events == 1
    february = places(bill(world, FEB))["account UA"]
    assert (february.events, february.late) == (2, 2)
    assert parts(world, f"{INC}-{FEB}-001")["total"] == 2
    assert world.bill(period=FEB).quarantine == bill(world, FEB).quarantine


@pytest.mark.parametrize(
    ("raw", "known"),
    [
        (b"{", (None, None, None)),
        (b'["a"]', (None, None, None)),
        (b'{"time": "2013-01-31T23:59:00-05:00", "id": 7}', (None, None, "2013-02-01T04:59:00.000000Z")),
        (b'{"time": "9999-12-31T23:59:00-05:00", "id": "7", "subject": null}', ("7", None, None)),
        (b'{"time": 5, "subject": "UA", "id": ""}', (None, "UA", None)),
        (rb'{"id": "7", "subject": "UA", "note": "\ud83d"}', ("7", "UA", None)),
        (
            rb'{"id": "\ud83d", "subject": "UA", "time": "2013-01-31T23:59:00Z"}',
            (None, "UA", "2013-01-31T23:59:00.000000Z"),
        ),
        (b'{"id": "7", "time": "2013-01-31T23:59:00Z", "x": NaN}', ("7", None, "2013-01-31T23:59:00.000000Z")),
        (b'{"id": "7", "x": "a line\nfeed", "n": ' + b"9" * 5_000 + b"}", ("7", None, None)),
        (b"[" * 2_000 + b"]" * 2_000, (None, None, None)),
    ],
)
def test_what_can_be_read_of_an_event_is_read(raw: bytes, known: tuple[Any, ...]) -> None:
    found = readable_parts(raw)
    assert (found.id, found.subject, found.time) == known


def test_one_without_a_subject_lies_under_its_day_and_one_without_a_time_belongs_to_its_month_of_receipt() -> None:
    world = World(accounts={"UA"})
    world.moment = datetime(2013, 1, 20, 12, tzinfo=UTC)
    event = flight(1)
    world.ingest([{**event, "subject": None}, {**event, "time": "yesterday"}, {**event, "time": "2012-12-05T12:00:00"}])
    assert {key.split("/")[1] for key in world.objects.keys("quarantine/")} == {"day=2013-01-05", "day=unknown"}
    statement = bill(world, JAN)
    assert {name: place.events for name, place in places(statement).items()} == {"account UA": 2}
    assert [place.place for place in bill(world, JAN, EUROPE).quarantine] == [SOURCE]  # the first of both has it


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00Z", "0001-01-01T05:00:00+05:00", "0300-06-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_an_impossible_time_stops_no_run_and_is_stated_by_the_next_one(time: str) -> None:
    world = World()
    world.ingest([flight(1), flight(2, time=time), flight(3, account="UAA", time=time)])  # billed in New York's time
    statements = [bill(world, month, entity) for month in (JAN, FEB) for entity in (INC, EUROPE)]
    stated = [name for statement in statements for name, place in places(statement).items() if place.events]
    assert sorted(stated) == ["account UA", f"source {SOURCE}"]
    assert prove_run(RUN, stores=world.stores()).holds


@pytest.mark.parametrize("change", ["removed", "changed"])
def test_a_proof_names_what_of_the_quarantine_is_gone_or_changed(change: str) -> None:
    world = World()
    world.ingest([flight(1), flight(2, data={"distance": "-1"})])
    bill(world, JAN)
    (key,) = world.objects.keys("quarantine/")
    if change == "removed":
        del world.objects.items[key]
    else:
        world.ingest([flight(3, data={"distance": "-2"})])
        other = next(each for each in world.objects.keys("quarantine/") if each != key)
        world.objects.items[key] = world.objects.items[other]
    proofs = [prove_run(RUN, stores=world.stores())]
    proofs += [prove_invoice(f"{INC}.{JAN}.{account}", stores=world.stores()) for account in ("UA", "B6")]
    kinds = [{difference.kind for difference in proof.differences} for proof in proofs]
    assert kinds == [{DifferenceKind.QUARANTINE}, {DifferenceKind.QUARANTINE}, set()]


def test_a_run_of_before_there_was_a_list_is_cut_by_what_was_received_before_its_plan() -> None:
    world = World()
    world.ingest([flight(1), flight(2, data={"distance": "-1"})])
    bill(world, JAN)
    del world.objects.items[REFUSED.key(RUN)]
    as_of_before(world.objects, RUN)
    world.ingest([flight(3, data={"distance": "-1"})])
    statement = balance_run(RUN, stores=world.stores())
    assert next(each for each in statement.equations if each.code == "events received").parts["quarantined"] == 1
    assert places(bill(world, FEB))["account UA"].events == 1
    assert Artefacts(world.objects).exists(REFUSED, f"{INC}-{FEB}-001")
