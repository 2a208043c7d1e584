"""An address that bounced for good or complained is not written to again until a person says that it works."""

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from itertools import permutations
from typing import Any

import pytest

from billproof.adapters.aws.ses import read_ses_event
from billproof.errors import InvalidInput, MailRefused, NotFound
from billproof.invoicing.addresses import FailedAddress
from billproof.invoicing.delivery import Delivery
from billproof.invoicing.delivery_events import (
    DeliveryProblem,
    ProblemKind,
    delivery_problems,
    record_delivery_problem,
    why_undelivered,
)
from billproof.invoicing.facts import DELIVERED, InvoiceFacts
from billproof.invoicing.mails import INVOICE_HEADER
from billproof.invoicing.model import Released
from billproof.invoicing.resending import WantedResending, resend_invoice
from billproof.masterdata.documents import CustomerDocuments
from billproof.reconciliation.model import Cause
from billproof.reconciliation.service import reconcile
from tests.support.cash import with_cash
from tests.support.closing import let_variances_wait
from tests.support.customer_pages import UA, deliver
from tests.support.reminders import note, remind, reminded, reminding_world, with_reminders
from tests.support.ses_events import bounced, ses_event
from tests.support.taken_over import running_business, take_over
from tests.support.world import INC, JANUARY, World

AP, BOSS = "ap@ua.example", "boss@ua.example"
BOUNCED_AT = datetime(2013, 2, 5, 10, tzinfo=UTC)


def world_of(*copies: str) -> World:
    world = World()
    account = world.directory.account("UA")
    assert account is not None
    documents = CustomerDocuments(copies_to=copies)
    world.publish(account.model_copy(update={"version": account.version + 1, "documents": documents}))
    world.bill()
    return world


def facts_of(world: World) -> InvoiceFacts:
    facts = world.register.facts(UA)
    assert facts is not None
    return facts


def release_of(world: World) -> Released:
    released = world.register.released(UA)
    assert released is not None
    return released


def say_it_works(world: World, day: str = "2013-03-01", address: str = AP) -> None:
    note(world, day, "reachable", address=address)


@pytest.mark.parametrize(("kind", "is_written_to"), [("Permanent", False), ("Transient", True), ("Undetermined", True)])
def test_only_what_bounced_for_good_is_not_written_to_again(kind: str, *, is_written_to: bool) -> None:
    world = world_of()
    record_delivery_problem(bounced(kind), register=world.register)
    assert (world.register.addresses.failure(INC, AP) is None) is is_written_to


def test_a_complaint_ends_writing_and_a_delay_does_not() -> None:
    world = world_of()
    for name in ("good-delayed.json", "good-complaint-and-a-reminders-bounce.json"):
        before = world.register.addresses.failure(INC, AP)
        record_delivery_problem(read_ses_event(json.dumps(ses_event(name))), register=world.register)
        assert before is None
    failure = world.register.addresses.failure(INC, AP)
    assert failure is not None
    assert failure.why == "complained: abuse"


def test_who_gets_copies_is_written_to_in_place_of_an_address_that_fails() -> None:
    world = world_of(BOSS)
    record_delivery_problem(bounced(to=(f"Accounts Payable <{AP.upper()}>",)), register=world.register)
    delivery = deliver(world)
    assert (delivery.mailed_to, delivery.copied_to, delivery.left_out) == (BOSS, (), (AP,))
    ((to, message),) = world.mailer.sent
    assert to == BOSS
    assert AP.encode() not in message
    assert why_undelivered(facts_of(world)) == ""


def test_where_nobody_is_left_nothing_is_sent_and_that_is_one_fact_and_not_delivered() -> None:
    world = world_of(BOSS)
    record_delivery_problem(bounced(to=(AP, BOSS)), register=world.register)
    for _ in range(2):
        assert deliver(world).is_unreachable
    assert world.mailer.sent == []
    kinds = [problem.kind for problem in delivery_problems(facts_of(world))]
    assert kinds == [ProblemKind.BOUNCED, ProblemKind.UNREACHABLE]
    assert why_undelivered(facts_of(world)).startswith("every address of the customer")


def test_a_person_says_that_an_address_works_and_the_document_goes_out() -> None:
    world = world_of()
    record_delivery_problem(bounced(is_reminder=True), register=world.register)
    deliver(world)
    ports: dict[str, Any] = {"register": world.register, "objects": world.objects, "mailer": world.mailer}
    wanted = WantedResending(to=AP, ordinal=1)
    with pytest.raises(MailRefused, match="bounced for good"):
        resend_invoice(wanted, invoice_id=UA, **ports, sender="billing@skymeter.example")
    assert world.mailer.sent == []
    for _ in range(2):
        say_it_works(world)
    resend_invoice(wanted, invoice_id=UA, **ports, sender="billing@skymeter.example")
    assert [to for to, _ in world.mailer.sent] == [AP]
    assert why_undelivered(facts_of(world)) == ""
    facts = [record.key.sort.split("#")[1] for record in world.invoices.query(f"addresses#{INC}")]
    assert facts == ["failed", "works"], "the same said twice is one fact"


def test_nobody_says_that_an_address_works_that_never_failed() -> None:
    with pytest.raises(InvalidInput, match="did not fail"):
        say_it_works(world_of())


@pytest.mark.long
def test_it_is_the_same_in_whatever_order_and_however_often_it_is_bounced() -> None:
    """A bounce from before a person said that the address works, told later, changes nothing; a new one does."""
    old, new = BOUNCED_AT.isoformat(), (BOUNCED_AT + timedelta(days=60)).isoformat()
    for last, is_written_to in ((old, True), (new, False)):
        first = bounced(mail="mail-1", time=old)
        for order in permutations([first, bounced(mail="mail-2", time=last), first, None]):
            if order[0] is None:
                continue  # a person can only say so of an address that failed
            world = world_of()
            for problem in order:
                if problem is None:
                    say_it_works(world)
                else:
                    record_delivery_problem(problem, register=world.register)
            is_clear = world.register.addresses.failure(INC, AP) is None
            was_needed = order.index(None) > min(index for index, one in enumerate(order) if one is not None)
            assert was_needed
            assert is_clear is is_written_to, order


def test_a_crash_after_the_address_was_kept_ends_in_both_facts() -> None:
    world, failed = (
        world_of(),
        FailedAddress(
            address=AP, why="bounced: Permanent, General", mail="mail-1", invoice=UA, happened_at="2013-02-05T10:00:00Z"
        ),
    )
    assert world.register.addresses.fail(INC, failed)  # and died
    for outcome in ("recorded", "known"):
        assert record_delivery_problem(bounced(), register=world.register).outcome == outcome
    assert len([*world.invoices.query(f"addresses#{INC}")]) == 1
    assert [problem.kind for problem in delivery_problems(facts_of(world))] == [ProblemKind.BOUNCED]


def test_another_customers_mails_to_the_same_address_are_not_sent_either_but_another_entitys_are() -> None:
    world = world_of()
    record_delivery_problem(bounced(), register=world.register)
    assert world.register.addresses.recipients(INC, AP, ("x@y.example",)).to == "x@y.example"
    assert world.register.addresses.recipients("skymeter-europe", AP).to == AP


def test_reminders_are_not_mailed_to_an_address_that_fails() -> None:
    world = reminding_world(JANUARY)
    record_delivery_problem(bounced(), register=world.register)
    result = remind(world, "2013-03-08", mailer=world.mailer)
    assert (result.given, result.refused, world.mailer.sent) == (1, 1, [])
    assert len(reminded(world)) == 1


@pytest.mark.parametrize("event_time", ["2013-02-05T10:00:00", "yesterday", ""])
def test_an_event_without_an_instant_is_no_event(event_time: str) -> None:
    with pytest.raises(Exception, match="not an event of SES"):
        bounced(time=event_time)


def not_delivered(world: World, day: str) -> list[tuple[str, str]]:
    world.now = lambda: datetime.fromisoformat(day).replace(hour=17, tzinfo=UTC)  # type: ignore[method-assign]
    report = reconcile(INC, JANUARY, world.reconciliation_sources())
    return [(one.external_reference, str(one.amount)) for one in report.unsettled if one.cause is Cause.NOT_DELIVERED]


@pytest.fixture
def month() -> World:
    """January, billed and released, of a legal entity whose variances wait; nothing is delivered yet."""
    world = world_of(BOSS)
    let_variances_wait(world)
    return world


def test_what_was_not_delivered_after_three_days_waits_for_a_person_and_no_more_once_it_was(month: World) -> None:
    issued = release_of(month).issue_date
    gross = str(release_of(month).document.totals.gross)
    number = release_of(month).number
    assert not_delivered(month, str(issued + timedelta(days=2))) == []
    assert (number, gross) in not_delivered(month, str(issued + timedelta(days=3)))
    waiting = [state.opened for state in month.exception_store.waiting(INC, JANUARY)]
    (mine,) = [opened for opened in waiting if f"invoice_not_delivered of {number}:" in opened.findings[0].message]
    assert (str(mine.amount), mine.findings[0].code) == (gross, "variance_not_delivered")
    deliver(month)
    assert (number, gross) not in not_delivered(month, str(issued + timedelta(days=4)))
    assert month.exception_store.state(mine.id).status == "superseded"


def test_an_invoice_that_reached_one_of_two_was_delivered_and_one_that_reached_none_was_not(month: World) -> None:
    deliver(month)
    day, number = str(release_of(month).issue_date + timedelta(days=9)), release_of(month).number

    def waits() -> bool:
        return number in [reference for reference, _ in not_delivered(month, day)]

    record_delivery_problem(bounced(), register=month.register)
    assert not waits(), "the copy arrived"
    record_delivery_problem(bounced("Transient", to=(BOSS,), mail="mail-1-again"), register=month.register)
    assert waits()
    for _ in range(2):
        record_delivery_problem(
            bounced("Transient", to=(BOSS,), mail="reminder", is_reminder=True), register=month.register
        )
    ports: dict[str, Any] = {"register": month.register, "objects": month.objects, "mailer": month.mailer}
    wanted = WantedResending(to=BOSS, ordinal=1)
    resend_invoice(wanted, invoice_id=UA, **ports, sender="billing@skymeter.example")
    assert not waits(), "the second mail to it did not bounce"


def test_the_days_are_the_policys_and_without_variances_in_it_nothing_waits() -> None:
    world = world_of()
    issued = release_of(world).issue_date
    assert not_delivered(world, str(issued + timedelta(days=30))) == []
    let_variances_wait(world, undelivered_days=10)
    assert not_delivered(world, str(issued + timedelta(days=9))) == []
    assert not_delivered(world, str(issued + timedelta(days=10))) != []


def test_a_delivery_of_before_reads_as_it_was() -> None:
    """Facts that were kept before name no recipients: what bounced then was the customer's own address."""
    world = world_of()
    deliver(world)
    old = DeliveryProblem(kind=ProblemKind.BOUNCED, invoice=UA, mail="m", happened_at=None, reason="Permanent, General")
    assert set(old.model_dump()) == {"kind", "invoice", "mail", "happened_at", "reason"}
    record_delivery_problem(old, register=world.register)
    assert why_undelivered(facts_of(world)) == "bounced: Permanent, General"
    delivered = world.register.fact(UA, DELIVERED)
    assert delivered is not None
    assert "left_out" not in delivered
    assert Delivery.model_validate(delivered).left_out == ()


def test_a_reminder_of_an_invoice_of_the_system_of_before_that_bounces_ends_writing_too() -> None:
    world = running_business()
    take_over(world)
    world.publish(with_cash(world.directory.legal_entity(INC)))
    remind(with_reminders(world), "2013-02-20", mailer=world.mailer)
    ((to, message),) = world.mailer.sent
    invoice = message_from_bytes(message)[INVOICE_HEADER]
    bounce = bounced(to=(to,), is_reminder=True).model_copy(update={"invoice": invoice})
    assert record_delivery_problem(bounce, register=world.register).outcome == "recorded"
    assert world.register.addresses.failure(INC, to) is not None
    elsewhere = bounce.model_copy(update={"invoice": invoice.replace(INC, "skymeter-europe")})
    with pytest.raises(NotFound):
        record_delivery_problem(elsewhere, register=world.register)
