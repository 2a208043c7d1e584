"""Mails that are refused, bounce or are complained of: facts beside the invoice, and no wait that fails."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from billproof.adapters.aws.ses import read_ses_event
from billproof.errors import (
    BillproofError,
    ExternalServiceUnavailable,
    InvalidInput,
    MailRefused,
    NotFound,
    ObjectUnreadable,
)
from billproof.invoicing.delivery import Delivery, deliver_invoice, read_pdf
from billproof.invoicing.delivery_events import ProblemKind, RecordOutcome, delivery_problems, record_delivery_problem
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.mails import INVOICE_HEADER
from billproof.invoicing.model import Released
from billproof_ops.paths import ROOT
from tests.support.spoilt import SPOILT
from tests.support.world import INC, World, flight

UA = f"{INC}.2013-01.UA"
EVENTS = ROOT / "events" / "record_delivery_event"


class FailingMailer:
    """Fails for some addresses, or for all."""

    def __init__(self, error: BillproofError, only: str = "") -> None:
        self.error, self.only = error, only
        self.sent: list[tuple[str, bytes]] = []

    def send(self, *, to: str, message: bytes, copies: Sequence[str] = ()) -> None:
        if self.only in to:
            raise self.error
        self.sent.append((to, message))


@pytest.fixture(scope="module")
def billed() -> World:
    world = World()
    world.bill()
    return world


def deliver(world: World, mailer: Any) -> Delivery:
    delivered = deliver_invoice(
        invoice_id=UA,
        register=world.register,
        objects=world.objects,
        archive=world.archive,
        render=lambda _invoice, _released: b"%PDF",
        mailer=mailer,
        sender="billing@skymeter.example",
        electronic=world.einvoices,
    )
    assert isinstance(delivered, Delivery)
    return delivered


def release(world: World) -> Released:
    released = world.register.released(UA)
    assert released is not None
    return released


def problems(world: World) -> list[tuple[str, str]]:
    facts = world.register.facts(UA)
    assert facts is not None
    return [(problem.kind.value, problem.reason) for problem in delivery_problems(facts)]


def event(name: str, number: int = 0) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json.loads((EVENTS / name).read_text())["Records"][number]["body"])
    return body


def test_a_refused_invoice_is_one_fact_and_is_sent_once_the_cause_is_removed() -> None:
    world = World()
    world.bill()
    for _ in range(2):  # the queue tries again
        with pytest.raises(MailRefused):
            deliver(world, FailingMailer(MailRefused("SES refused the mail: MessageRejected")))
    assert problems(world) == [("refused", "SES refused the mail: MessageRejected")]
    assert world.register.fact(UA, DELIVERED) is None
    assert deliver(world, world.mailer).mailed_to == "ap@ua.example"
    assert deliver(world, FailingMailer(MailRefused("no"))).mailed_to == "ap@ua.example"


def test_an_outage_of_the_mail_service_is_no_fact(billed: World) -> None:
    with pytest.raises(ExternalServiceUnavailable):
        deliver(billed, FailingMailer(ExternalServiceUnavailable("try later")))
    assert problems(billed) == []


def test_a_mail_names_its_invoice_so_that_a_bounce_finds_it(billed: World) -> None:
    mailer = FailingMailer(MailRefused("never"), only="nobody")
    deliver(billed, mailer)
    ((_, message),) = mailer.sent
    assert f"{INVOICE_HEADER}: {UA}".encode() in message


def test_a_bounce_is_one_fact_however_often_it_is_told() -> None:
    world = World()
    world.bill()
    bounce = read_ses_event(json.dumps(event("good-bounced.json")))
    outcomes = [record_delivery_problem(bounce, register=world.register).outcome for _ in range(2)]
    assert outcomes == [RecordOutcome.RECORDED, RecordOutcome.KNOWN]
    complaint = read_ses_event(json.dumps(event("good-complaint-and-a-reminders-bounce.json")))
    record_delivery_problem(complaint, register=world.register)
    assert problems(world) == [("bounced", "Permanent, General"), ("complained", "abuse")]


def test_a_delay_is_a_fact_that_may_still_end_well() -> None:
    world = World()
    world.bill()
    delay = read_ses_event(json.dumps(event("good-delayed.json")))
    assert record_delivery_problem(delay, register=world.register).outcome is RecordOutcome.RECORDED
    assert problems(world) == [("delayed", "TransientCommunicationFailure")]
    bounce = read_ses_event(json.dumps(event("good-bounced.json")))
    assert (delay.is_over, bounce.is_over) == (False, True)


def test_a_bounce_of_a_mail_without_an_invoice_changes_nothing(billed: World) -> None:
    reminder = read_ses_event(json.dumps(event("good-complaint-and-a-reminders-bounce.json", 1)))
    assert (reminder.kind, reminder.invoice) == (ProblemKind.BOUNCED, None)
    assert record_delivery_problem(reminder, register=billed.register).outcome is RecordOutcome.NO_INVOICE


def test_a_bounce_of_an_unknown_invoice_is_for_a_person(billed: World) -> None:
    bounce = read_ses_event(json.dumps(event("bad-of-no-invoice-of-ours.json")))
    with pytest.raises(NotFound):
        record_delivery_problem(bounce, register=billed.register)


def test_a_rejected_mail_says_why_and_a_silent_complaint_something() -> None:
    body = event("good-bounced.json")
    body["detail"] |= {"eventType": "Reject", "bounce": None, "reject": {"reason": "Bad content"}}
    rejected = read_ses_event(json.dumps(body))
    assert (rejected.kind, rejected.reason) == (ProblemKind.REJECTED, "Bad content")
    body["detail"] |= {"eventType": "Complaint", "reject": None, "complaint": {}}
    assert read_ses_event(json.dumps(body)).reason == "marked as unwanted"
    body["detail"] |= {"complaint": None}
    assert read_ses_event(json.dumps(body)).reason == "no reason given"


@pytest.mark.parametrize("body", ["{}", "no json", json.dumps(event("bad-open-event.json"))])
def test_what_is_no_event_that_was_asked_for_is_refused_without_repeating_it(body: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_ses_event(body)
    assert "@" not in str(raised.value)


@pytest.mark.parametrize("error", [MailRefused("never"), ExternalServiceUnavailable("not now")])
def test_a_mail_that_is_not_taken_fails_no_wait(error: BillproofError) -> None:
    world = World()
    contract = world.directory.contracts("UA")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, type="flight.cancelled")])
    world.bill()
    world.mailer = FailingMailer(error, only="ana")  # type: ignore[assignment] # another mailer
    waiting = world.wait(f"{UA}.001", "t1")
    assert (waiting.outcome, waiting.told, waiting.mails_failed) == ("waiting", ("ben",), 1)
    world.decide(f"{UA}.001", "approved", "ben")
    assert list(world.tokens.answers) == ["t1"]
    with pytest.raises(NotFound):
        world.wait(f"{INC}.2013-01.B6.001", "t2")
    assert world.exception_store.of_subject(INC, "2013-01", "B6") == []  # no token of what does not exist


ONE_BYTE_MORE: dict[str, Callable[[bytes], bytes]] = {"one byte more": lambda data: data + b"?"}


@pytest.mark.parametrize("how", [*SPOILT, *ONE_BYTE_MORE, "gone"])
def test_a_pdf_that_is_not_what_was_sent_is_never_shown(how: str, billed: World) -> None:
    delivery, released = deliver(billed, FailingMailer(ExternalServiceUnavailable("no"), "nobody")), release(billed)
    assert read_pdf(released, register=billed.register, objects=billed.objects) == b"%PDF"
    kept = billed.objects.items.pop(delivery.pdf_key)
    if how != "gone":
        spoil = SPOILT.get(how)
        billed.objects.items[delivery.pdf_key] = spoil(kept) if spoil else kept + b"?"
    with pytest.raises(ObjectUnreadable) as caught:
        read_pdf(released, register=billed.register, objects=billed.objects)
    assert caught.value.key == delivery.pdf_key
    billed.objects.items[delivery.pdf_key] = kept


def test_a_pdf_that_was_not_made_yet_is_not_there(billed: World) -> None:
    other = billed.register.released(f"{INC}.2013-01.B6")
    assert other is not None
    with pytest.raises(NotFound, match="no PDF yet"):
        read_pdf(other, register=billed.register, objects=billed.objects)
