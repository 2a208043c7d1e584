"""Every change of state is told to other systems, once under its id, whatever fails in between."""

from datetime import timedelta
from itertools import count, pairwise

import pytest

from billproof.approvals.model import ExceptionRecord
from billproof.approvals.policy import Policy
from billproof.errors import ExternalServiceUnavailable, NotFound
from billproof.events import deriving, publishing
from billproof.events.happenings import codes_of
from billproof.events.identity import EventId
from billproof.events.model import PREFIX, TYPE_NAMES, TYPES, OutboundEvent
from billproof.invoicing.delivery import deliver_invoice
from billproof.nets import begin
from billproof.payments.desk import CashDecision
from billproof.payments.model import UseKind
from tests.support.balances import JAN, bill, taken_back, world_with_balances
from tests.support.cash import cash_world, desk_of, number_of, receipt, take, usd
from tests.support.events import MemoryPositions, MemorySink, published, sources_of
from tests.support.world import INC, JANUARY, World, flight

UA = f"{INC}.{JANUARY}.UA"


def billed() -> World:
    """January is billed for two accounts: EV is held, as nobody says what its cancelled flight costs."""
    world = World(accounts={"UA", "EV"})
    (terms,) = world.directory.contracts("EV")
    world.publish(terms.model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1), flight(2, account="EV", type="flight.cancelled"), flight(3, account="nobody")])
    world.bill(INC)
    world.post(UA)
    deliver_invoice(
        invoice_id=UA,
        register=world.register,
        objects=world.objects,
        archive=world.archive,
        render=lambda _invoice, _released: b"%PDF",
        mailer=world.mailer,
        sender=None,
        electronic=world.einvoices,
    )
    return world


def told(world: World) -> list[OutboundEvent]:
    sink = MemorySink()
    published(world, sink, positions=MemoryPositions())
    return sink.events


def by_type(events: list[OutboundEvent]) -> dict[str, OutboundEvent]:
    return {event.type.removeprefix(PREFIX): event for event in events}


def test_a_month_is_told_from_its_contracts_to_its_delivery() -> None:
    world = billed()
    last = by_type(told(world))
    assert last.keys() == {
        "contract.version_taken.v1",
        "usage.refused.v1",
        "run.started.v1",
        "invoice.drafted.v1",
        "invoice.held.v1",
        "exception.opened.v1",
        "invoice.released.v1",
        "invoice.posted.v1",
        "invoice.delivered.v1",
        "run.closed.v1",
    }
    released = world.register.released(UA)
    assert released is not None
    for state in ("released", "posted", "delivered"):
        event = last[f"invoice.{state}.v1"]
        assert (event.subject, event.source, event.legal_entity) == (UA, f"/legal-entities/{INC}", INC)
        assert (event.data["number"], event.data["account"]) == (released.number, "UA")
        assert event.data["total"] == released.document.totals.gross.model_dump(mode="json")
    assert last["invoice.held.v1"].data["reasons"]
    assert last["exception.opened.v1"].data["kind"] == "invoice"
    assert last["usage.refused.v1"].data["reasons"] == {"unknown_account": 1}
    assert last["usage.refused.v1"].source == "/billproof"
    assert last["run.closed.v1"].subject == f"{INC}-{JANUARY}-001"


def test_a_credit_note_and_the_decision_about_it_are_told() -> None:
    world = billed()
    document = world.credit(UA).document
    world.decide(f"{document}.001", "approved", "ben")
    world.apply(f"{document}.001")
    world.post(document)
    last = by_type(told(world))
    for state in ("requested", "released", "posted"):
        assert last[f"credit_note.{state}.v1"].subject == document
    decided = last["exception.decided.v1"].data
    assert (decided["verdict"], decided["decided_by"], decided["subject"]) == ("approved", "ben", "UA~01")


def test_a_balance_is_low_when_a_document_takes_it_below_what_the_policy_declares_and_only_then() -> None:
    world = world_with_balances()
    policy = world.directory.policy(INC)
    declared = policy.model_dump() | {"version": policy.version + 1, "low_balance": {"USD": "100"}}
    world.publish(Policy.model_validate(declared))
    taken_back(world)
    world.ingest([flight(number, day="2013-03-05") for number in range(20)])
    bill(world, "2013-03")
    low = [event for event in told(world) if event.type.endswith("balance.low.v1")]
    changes = [entry.change for entry in world.register.balances.entries(INC, "UA", "USD")]
    crossing = [change for change in changes if change.after.amount.amount < 100 <= change.opening.amount]
    assert [event.data["balance"] for event in low] == [
        change.after.amount.model_dump(mode="json") for change in crossing
    ]
    assert len(low) == 1
    assert low[0].data["threshold"] == {"amount": "100", "currency": "USD"}


def test_every_event_has_an_id_of_its_own_that_leads_back_to_it() -> None:
    world = billed()
    events = told(world)
    assert len({event.id for event in events}) == len(events)
    assert {event.type for event in events} <= TYPE_NAMES
    for event in events:
        assert "." not in event.id
        assert sources_of(world).of_id(EventId.parse(event.id)) == event
        model, _ = TYPES[event.type.removeprefix(PREFIX)]
        assert model.model_validate(event.data).model_dump(mode="json") == event.data
    for unknown in ("evt_nobody_1_1_0_0", events[0].id + "7", f"evt_{INC}_0_999_0_0"):
        with pytest.raises(NotFound):
            sources_of(world).of_id(EventId.parse(unknown))


def test_within_a_chain_events_are_told_in_their_order() -> None:
    events = told(billed())
    for one, other in pairwise(events):
        assert one.partitionkey != other.partitionkey or one.sequence <= other.sequence or "drafted" in other.type


def test_what_was_told_is_not_told_again_and_what_is_new_is() -> None:
    world, positions, sink = billed(), MemoryPositions(), MemorySink()
    published(world, sink, positions=positions)
    before = len(sink.events)
    assert published(world, sink, positions=positions).events == 0
    world.credit(UA)
    published(world, sink, positions=positions)
    assert sink.types[before:] == ["credit_note.requested.v1", "exception.opened.v1"]


@pytest.mark.parametrize("refusals", [1, 2, 30])
def test_a_sink_that_fails_is_told_the_same_again_and_nothing_is_lost(refusals: int) -> None:
    world, positions = billed(), MemoryPositions()
    expected = {event.id for event in told(world)}
    first, second = MemorySink(), MemorySink(refusals=refusals)
    failed = 0
    while second.refusals:
        with pytest.raises(ExternalServiceUnavailable):
            published(world, first, second, positions=positions)
        failed += 1
    published(world, first, second, positions=positions)
    assert failed
    assert {event.id for event in first.events} == expected
    assert [event.id for event in second.events] == list(dict.fromkeys(event.id for event in second.events))
    assert {event.id for event in second.events} == expected


def test_a_call_that_runs_out_of_time_is_gone_on_with_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    world, positions, sink = billed(), MemoryPositions(), MemorySink()
    whole = told(world)
    monkeypatch.setattr(publishing, "MOST_TIME", timedelta(0))
    blocks = [published(world, sink, positions=positions).blocks for _ in range(400)]
    assert max(blocks) == 1  # a block that takes long holds up no call for those after it
    assert blocks[-len(sources_of(world).chain.names()) :].count(1) == 0
    assert sorted(event.id for event in sink.events) == sorted(event.id for event in whole)


def test_what_a_step_that_is_tried_again_stores_again_is_told_once_under_one_id() -> None:
    world, positions, sink = billed(), MemoryPositions(), MemorySink()
    published(world, sink, positions=positions)
    ids = [event.id for event in sink.events]
    assert {"usage.refused.v1", "invoice.drafted.v1"} <= set(sink.types)
    known = {key: data for key, data in world.objects.items.items() if key.startswith(("quarantine/", "runs/"))}
    for _ in range(2):  # each in a process of its own
        world.objects.forget()
        for key, data in known.items():
            world.objects.put(key, data)
        assert published(world, sink, positions=positions).blocks > 0
    assert [event.id for event in sink.events] == ids


def test_chains_take_turns_and_a_call_goes_on_where_the_last_one_had_no_more_time() -> None:
    world, turns = billed(), list[str]()
    world.settle()
    names = world.chain.names()

    class Watched(MemoryPositions):
        def get(self, name: str) -> int | None:
            turns.extend([name] if name in names else [])
            return super().get(name)

    positions, sink, whole = Watched(), MemorySink(), told(world)
    while len(turns) < len(names):
        begun, ticks = len(turns), count()
        publishing.publish_events(
            sources=sources_of(world, positions),
            sinks=[sink],
            positions=positions,
            clock=lambda: world.now() + next(ticks) * publishing.MOST_TIME / len(names),  # noqa: B023 - of this call
        )
        assert 0 < len(turns) - begun < len(names)
    assert turns[: len(names)] == names
    while len(sink.events) < len(whole):
        published(world, sink, positions=positions)
    assert sorted(event.id for event in sink.events) == sorted(event.id for event in whole)


def test_of_many_refused_accounts_some_are_looked_up_and_all_events_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = billed()
    world.ingest([flight(number, account=f"nobody-{number}") for number in range(9)])
    world.settle()
    monkeypatch.setattr(deriving, "MOST_SOUGHT", 2)
    sought: list[str] = []
    monkeypatch.setattr(deriving, "owner_of", lambda _directory, account: sought.append(account))
    refused = [event for event in told(world) if event.type == f"{PREFIX}usage.refused.v1"]
    assert sum(event.data["events"] for event in refused) == 10
    assert sought == ["nobody", "nobody-0", "nobody-1"]


def test_a_reason_is_told_once_however_often_it_was_found() -> None:
    world = billed()
    key = next(key for key in world.records["exceptions"].items if key.sort.endswith("#opened"))
    opened = ExceptionRecord.model_validate(world.records["exceptions"].get(key))
    assert codes_of(opened.findings * 20_000) == codes_of(opened.findings)
    assert by_type(told(world))["exception.opened.v1"].data["reasons"] == list(codes_of(opened.findings))


def test_a_first_call_tells_the_last_day_and_not_the_whole_history() -> None:
    world = billed()
    later = world.moment + timedelta(days=30)
    old = {event.id for event in told(world)}
    world.moment = later
    world.credit(UA)
    positions, sink = MemoryPositions(), MemorySink()
    published(world, sink, positions=positions)
    assert sink.types == ["credit_note.requested.v1", "exception.opened.v1"]
    assert old.isdisjoint(event.id for event in sink.events)


def test_a_fact_that_was_changed_afterwards_is_an_internal_error_and_stops_nothing() -> None:
    world = billed()
    whole = {event.id for event in told(world)}
    facts = world.records["invoices"].items
    key = next(key for key in facts if key.sort == "UA#released")
    facts[key] = {"number": "forged"}
    call = begin("trace")
    left = {event.id for event in told(world)}
    assert whole - left
    assert len(call.caught) == len(whole - left) == 3  # released, and what is told of it after it: posted, delivered


def test_what_was_erased_or_never_written_tells_nothing() -> None:
    world = billed()
    facts = world.records["invoices"].items
    for key in [key for key in facts if key.sort.endswith("#released")]:
        del facts[key]
    for name in [name for name in world.objects.items if name.startswith(("quarantine/", "runs/"))]:
        del world.objects.items[name]
    left = by_type(told(world))
    assert left.keys().isdisjoint({"invoice.released.v1", "usage.refused.v1", "invoice.drafted.v1"})
    assert left["invoice.posted.v1"].data["number"] is None


def test_an_invoice_is_told_to_be_paid_once_and_open_again_when_the_bank_takes_its_money_back() -> None:
    """Of 30.00 arrive 12.00, then 18.00; the bank takes back the 18.00."""
    world = cash_world(JAN)
    take(world, receipt(usd(12), "a", remittance=number_of(world, JAN)))
    assert not [event for event in told(world) if event.type.endswith((".paid.v1", ".reopened.v1"))]
    last = take(world, receipt(usd(18), "b", remittance=number_of(world, JAN)))
    desk_of(world).give_back(last.receipt.id, usd(18), UseKind.RETURNED, CashDecision(reason="returned, entry 77"))
    (paid, reopened) = (event for event in told(world) if event.type.endswith((".paid.v1", ".reopened.v1")))
    assert [event.type.removeprefix(PREFIX) for event in (paid, reopened)] == ["invoice.paid.v1", "invoice.reopened.v1"]
    assert paid.subject == reopened.subject == f"{INC}.{JAN}.UA"
    assert (paid.data["number"], paid.data["total"]) == (number_of(world, JAN), usd(30).model_dump(mode="json"))
    assert sources_of(world).of_id(EventId.parse(paid.id)) == paid
