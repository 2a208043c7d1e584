import json
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.contracts.model import Contract
from billproof.errors import Contended, ExternalServiceUnavailable, ImmutableDocument, NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.delivery import deliver_invoice
from billproof.invoicing.facts import DELIVERED, RELEASED, fact_key
from billproof.invoicing.model import Invoice, InvoiceStatus
from billproof.money import Money
from billproof.pipeline.aggregating import aggregate_usage
from billproof_ops.demo import story
from tests.support.world import EUROPE, INC, JANUARY, World, flight

UA = f"{INC}.{JANUARY}.UA"


def numbers(world: World, entity: str = INC) -> list[str]:
    return sorted(facts.released.number for facts in world.register.of_period(entity, JANUARY) if facts.released)


def test_numbers_have_no_gap_and_no_double() -> None:
    world = World(buckets=4, batch_size=2)
    world.bill()
    assert numbers(world) == [f"SKY-US-2013-{number:06d}" for number in range(1, 14)]
    series = world.register.series(INC, 2013)
    assert len(series) == len(set(series)) == 13
    assert world.register.invoice_numbered(INC, 2013, 1) == series[0]
    assert world.register.invoice_numbered(INC, 2013, 99) is None


def test_the_second_run_keeps_numbers_and_sends_nothing_that_is_done() -> None:
    world = World()
    world.bill()
    world.post_all()
    sent = len(world.postings.bodies), len(world.deliveries.bodies)
    statement = world.bill()
    assert (statement.released, statement.already_released) == (0, 13)
    assert len(world.postings.bodies) == sent[0]
    assert len(world.deliveries.bodies) == sent[1] + 13  # nothing was delivered yet, so it is sent again


def test_two_runs_of_one_period_at_once_release_every_invoice_once() -> None:
    world = World()
    first, second = world.start(), "skymeter-inc-2013-01-002"
    for run_id in (first, second):
        plan = world.plan(run_id)
        for bucket in plan.buckets:
            aggregate_usage(run_id=run_id, bucket=bucket, objects=world.objects)

    def other_run(_records: object) -> None:
        world.records["invoices"].before_write = lambda _records: None
        world.invoice_batch(second, "0000-0000")

    world.records["invoices"].before_write = other_run
    world.invoice_batch(first, "0000-0000")
    assert numbers(world) == [f"SKY-US-2013-{number:06d}" for number in range(1, 14)]
    assert len(world.register.series(INC, 2013)) == 13


def test_a_series_that_others_keep_taking_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(world.records["invoices"], "create_all", lambda _records: False)
    with pytest.raises(Contended):
        world.bill()


def test_after_a_crash_between_release_and_the_queues_the_retry_sends_the_messages() -> None:
    world = World()
    run_id = world.start()
    plan = world.plan(run_id)
    aggregate_usage(run_id=run_id, bucket=0, objects=world.objects)
    world.postings.is_down = True
    with pytest.raises(ExternalServiceUnavailable):
        world.invoice_batch(run_id, plan.batches[0])
    assert len(numbers(world)) == 13
    assert world.close(run_id).outcome == "incomplete"
    world.postings.is_down = False
    world.release(run_id, plan.batches[0])
    assert len(world.postings.bodies) == len(world.deliveries.bodies) == 13
    assert len(numbers(world)) == 13


def test_late_usage_never_changes_a_released_invoice_and_is_reported() -> None:
    world = World()
    world.bill()
    before = world.invoice(UA)
    world.ingest([flight(1)])
    statement = world.bill()
    assert (statement.events.late, statement.changed_after_release) == (1, 0)
    assert world.invoice(UA) == before


def test_terms_that_change_after_release_change_no_invoice_and_are_reported() -> None:
    world = World()
    world.bill()
    before = world.invoice(UA)
    (contract,) = world.directory.contracts("UA")
    world.publish(contract.model_copy(update={"version": 2, "charges": contract.charges[:1]}))
    statement = world.bill()
    assert statement.changed_after_release == 1
    assert [finding.code for finding in statement.findings] == ["changed_after_release"]
    assert world.invoice(UA) == before


def test_a_changed_document_is_noticed() -> None:
    world = World()
    world.bill()
    released = world.register.released(UA)
    assert released is not None
    world.objects.items[released.document.key] += b" "
    with pytest.raises(ImmutableDocument):
        world.invoice(UA)


def test_trouble_with_one_account_holds_that_account_only() -> None:
    world = World()
    account = world.directory.account("UA")
    assert account is not None
    address = account.address.model_copy(update={"region": None})
    world.publish(account.model_copy(update={"version": 2, "address": address}))
    second = story.master_data().contracts[1].model_copy(update={"version": 2, "currency": "EUR"})
    world.publish(second)
    statement = world.bill()
    assert (statement.released, statement.held) == (11, 2)
    assert {finding.code: finding.account for finding in statement.findings} == {
        "undetermined_tax": "UA",
        "unpriceable_charge": "B6",
    }
    facts = world.register.facts(UA)
    assert facts is not None
    assert (facts.status, facts.released) == (InvoiceStatus.HELD, None)
    assert facts.held is not None
    assert facts.held.findings[0].remedy
    assert world.register.facts(f"{INC}.{JANUARY}.ZZ") is None


def test_a_held_invoice_is_released_by_the_next_run_once_its_cause_is_gone() -> None:
    world = World()
    account = world.directory.account("UA")
    assert account is not None
    address = account.address.model_copy(update={"region": None})
    world.publish(account.model_copy(update={"version": 2, "address": address}))
    world.bill()
    world.publish(account.model_copy(update={"version": 3}))
    statement = world.bill()
    assert (statement.released, statement.already_released, statement.held) == (1, 12, 0)
    facts = world.register.facts(UA)
    assert facts is not None
    assert (facts.status, facts.held) == (InvoiceStatus.RELEASED, None)


def test_usage_that_nobody_would_be_billed_for_holds_the_invoice_with_its_amount() -> None:
    world = World()
    contract = story.master_data().contracts[0].model_copy(update={"version": 2, "exclusions": ()})
    world.publish(contract)
    world.ingest([flight(1), flight(2, type="flight.cancelled")])
    statement = world.bill()
    (finding,) = statement.findings
    assert (finding.code, finding.account, statement.events.orphan) == ("unpriced_meter", "UA", 1)
    assert statement.held_at_risk["USD"] == finding.amount_at_risk
    assert finding.amount_at_risk is not None
    assert finding.amount_at_risk.text == "5001.61"


def test_an_account_without_a_contract_has_no_invoice_and_is_held_where_it_has_usage() -> None:
    world = World()
    account = world.directory.account("UA")
    assert account is not None
    for name in ("NEW", "USED"):
        world.publish(account.model_copy(update={"id": name}))
    world.ingest([flight(1, account="USED")])
    statement = world.bill()
    assert (statement.accounts, statement.without_contract, statement.held) == (15, 1, 1)
    assert "no contract is in force" in statement.findings[0].message


def test_a_total_that_is_too_large_holds_its_account_only() -> None:
    world = World()
    world.ingest(flight(number, data={"distance": "9" * 23}) for number in range(2))
    world.ingest([flight(1, account="AS")])
    statement = world.bill()
    assert [(finding.code, finding.account) for finding in statement.findings] == [("quantity_out_of_range", "UA")]
    assert statement.released == 12
    assert world.invoice(f"{INC}.{JANUARY}.AS").totals.net.text == "2.58"  # a flight at 2.25 and 1,000 miles


def test_totals_that_do_not_add_up_cannot_be_made() -> None:
    world = World()
    world.bill()
    invoice = world.invoice(UA).model_dump(mode="json")
    one = Money.of("1", "USD").model_dump(mode="json")
    invoice["totals"] = {"net": one, "tax": Money.zero("USD").model_dump(mode="json"), "gross": one}
    with pytest.raises(ValidationError, match="do not add up"):
        Invoice.model_validate(invoice)


@pytest.mark.parametrize("invoice", ["", "UA", "a.b", "a..c", "a.b.c.d"])
def test_an_id_that_is_none_is_not_found(invoice: str) -> None:
    with pytest.raises(NotFound, match="not an invoice id"):
        InvoiceId.parse(invoice)


def deliver(world: World, sender: str | None = "billing@skymeter.example", render: Any = lambda *_: b"%PDF") -> Any:
    return deliver_invoice(
        invoice_id=UA,
        register=world.register,
        objects=world.objects,
        archive=world.archive,
        render=render,
        mailer=world.mailer,
        sender=sender,
        electronic=world.einvoices,
    )


def test_a_released_invoice_is_kept_and_mailed_once() -> None:
    world = World()
    with pytest.raises(NotFound, match="not released"):
        deliver(world)
    world.bill()
    first, second = deliver(world), deliver(world)
    assert first == second
    ((to, message),) = world.mailer.sent
    assert to == "ap@ua.example"
    assert b"Message-ID: <skymeter-inc.2013-01.UA.SKY-US-2013-0000" in message
    assert world.objects.get(first.pdf_key) == b"%PDF"
    facts = world.register.facts(UA)
    assert facts is not None
    assert facts.is_delivered


def test_without_a_sender_the_pdf_is_only_kept() -> None:
    world = World()
    world.bill()
    assert deliver(world, sender=None).mailed_to is None
    assert world.mailer.sent == []


def test_a_crash_between_mail_and_fact_mails_again_under_the_same_id() -> None:
    world = World()
    world.bill()
    deliver(world)
    del world.records["invoices"].items[fact_key(InvoiceId.parse(UA), DELIVERED)]
    deliver(world)
    (_, first), (_, second) = world.mailer.sent
    ids = [line for message in (first, second) for line in message.splitlines() if line.startswith(b"Message-ID")]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_messages_carry_the_invoice_and_its_run_only() -> None:
    world = World()
    run = world.bill(EUROPE).run
    messages = [json.loads(body) for body in world.postings.bodies]
    assert {tuple(message) for message in messages} == {("invoice", "correlation_id")}
    assert {message["correlation_id"] for message in messages} == {run}
    assert world.register.fact(f"{EUROPE}.{JANUARY}.DL", RELEASED) is not None


def test_an_amount_that_no_money_holds_is_one_accounts_finding() -> None:
    world = World()
    contract = world.directory.contracts("UA")[0].model_dump(mode="json")
    for charge in contract["charges"]:
        if charge["id"] == "miles":
            charge["price"] = {"model": "per_unit", "unit_price": "1000"}
    world.publish(Contract.model_validate({**contract, "version": 2}))
    world.ingest([flight(1, data={"distance": "9" * 23})])
    statement = world.bill()
    assert (statement.released, statement.held) == (12, 1)
    assert [finding.code for finding in statement.findings] == ["unpriceable_charge"]
