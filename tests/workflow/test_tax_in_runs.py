"""Tax points through whole runs: drafts, tax summary, proofs, recalculation and credit notes follow each line's own."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.invoicing.model import Invoice
from billproof.masterdata.parties import Account
from billproof.pipeline.artefacts import CHARGED, Artefacts
from billproof.proof.service import prove_invoice, prove_run
from billproof.proof.taxes import recalculate_tax
from billproof.tax import rows
from tests.support.taxes import address_of
from tests.support.world import EUROPE, INC, World, flight

JAN, FEB = "2013-01", "2013-02"
US = f"{EUROPE}.{FEB}.US"
WIEN = address_of("AT", None, "1010", "Wien")


def flights(*days: int, month: int = 1, start: int = 0) -> list[dict[str, Any]]:
    return [flight(start + number, account="US", day=f"2013-{month:02}-{day:02}") for number, day in enumerate(days)]


def january() -> World:
    """US, in Frankfurt, is billed its implementation and seven flights at 0.90 with 19 %."""
    world = World(accounts={"US"})
    entity = world.directory.legal_entity(EUROPE)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "documents": None}))  # it bills anybody
    world.ingest(flights(*[5] * 7))
    world.bill(EUROPE, JAN)
    world.approve_all(EUROPE, JAN)
    world.moment = datetime(2013, 3, 3, tzinfo=UTC)
    return world


def publish(world: World, **changes: Any) -> None:
    account = world.directory.account("US")
    assert account is not None
    world.publish(
        Account.model_validate({**account.model_dump(mode="json"), "version": account.version + 1, **changes})
    )


def february(world: World) -> Invoice:
    world.bill(EUROPE, FEB)
    world.approve_all(EUROPE, FEB)
    world.post_all(EUROPE, FEB)
    return world.invoice(US)


def summary(invoice: Invoice) -> list[tuple[str, str, str, str, str]]:
    return [
        (group.jurisdiction, group.treatment, group.percent, group.amounts.net.text, group.amounts.tax.text)
        for group in invoice.tax_summary
    ]


def holds(world: World, invoice: str) -> bool:
    """Whether the run and the invoice are proved, and the rules of now say the same."""
    run = prove_run(f"{EUROPE}-{FEB}-001", stores=world.stores())
    same = recalculate_tax(invoice, stores=world.stores())
    return run.holds and prove_invoice(invoice, stores=world.stores()).holds and same.outcome == "same"


@pytest.fixture
def moved() -> World:
    """The customer moved to Vienna on 1 February; three flights of January come late, five are of February."""
    world = january()
    frankfurt = world.invoice(f"{EUROPE}.{JAN}.US").buyer
    before = {
        "until": "2013-02-01",
        "address": frankfurt.address.model_dump(mode="json"),
        "customer_kind": "business",
        "vat_number": frankfurt.vat_number,
    }
    publish(world, address=WIEN, vat_number="ATU13585627", earlier=[before])
    world.ingest(flights(5, 5, 5, start=20))
    world.ingest(flights(*[5] * 5, month=2, start=40))
    return world


def test_late_usage_bears_the_tax_of_its_own_month_and_place(moved: World) -> None:
    invoice = february(moved)
    assert summary(invoice) == [("AT", "reverse_charge", "0", "4.50", "0.00"), ("DE", "standard", "19", "2.70", "0.51")]
    points = {line.priced.service_period.name: line.determination.tax_point.isoformat() for line in invoice.lines}
    assert points == {JAN: "2013-01-31", FEB: "2013-02-28"}
    assert invoice.buyer.address.city == "Wien"
    assert holds(moved, US)


def test_its_credit_note_takes_back_each_tax_to_nothing(moved: World) -> None:
    february(moved)
    moved.credit_and_approve(US)
    assert moved.net_of_credits(US) == [0, 0, 0]


def lower_price(world: World) -> None:
    (contract,) = world.directory.contracts("US")
    terms = contract.model_dump(mode="json")
    for charge in terms["charges"]:
        if charge["id"] == "flights":
            charge["price"]["unit_price"] = "0.50"
    world.publish(Contract.model_validate({**terms, "version": 2}))


def test_what_is_taken_back_carries_the_tax_that_was_charged_although_a_certificate_came_later() -> None:
    world = january()
    certificate = {
        "jurisdiction": "DE",
        "certificate": "1",
        "reason": "NATO forces",
        "effective": {"start": "2013-01-01"},
    }
    publish(world, exemptions=[certificate])
    lower_price(world)
    world.ingest(flights(*[5] * 10, month=2, start=40))
    invoice = february(world)
    assert summary(invoice) == [
        ("DE", "exempt", "0", "5.00", "0.00"),  # ten flights of February at 0.50
        ("DE", "standard", "19", "-2.80", "-0.53"),  # seven of January at 0.40 less than was billed
    ]
    assert holds(world, US)


def test_charges_are_looked_up_only_where_something_may_be_taken_back(moved: World) -> None:
    artefacts = Artefacts(moved.objects)
    moved.bill(EUROPE, FEB)
    assert artefacts.parts(CHARGED, f"{EUROPE}-{JAN}-001") == []
    (part,) = artefacts.parts(CHARGED, f"{EUROPE}-{FEB}-001")
    (charges,) = artefacts.read(CHARGED, f"{EUROPE}-{FEB}-001", part).accounts
    assert [(tax.line, [each.price.text for each in tax.parts]) for tax in charges.taxes] == [
        ("implementation:2013-01", ["4800.00"]),
        ("flights:2013-01", ["6.30"]),
    ]


def test_a_part_of_the_tax_is_marked_as_such_on_the_invoice() -> None:
    world = World()
    world.ingest([flight(number, account="B6") for number in range(7)])
    world.bill()
    (group,) = world.invoice(f"{INC}.{JAN}.B6").tax_summary
    assert (group.jurisdiction, group.percent) == ("US-NY", "4")
    assert group.incomplete == "the local tax of Long Island City is not known"


def test_a_month_that_is_run_again_keeps_its_tax_whatever_the_rules_say_now(
    moved: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = february(moved)
    known = rows.rule_set("eu_vat")
    later = known.model_copy(update={"version": "2099-01-01", "rates": ()})
    for module in ("billproof.tax.rows", "billproof.tax.rules"):
        monkeypatch.setattr(
            f"{module}.rule_set", lambda name, real=rows.rule_set: later if name == "eu_vat" else real(name)
        )
    codes = {finding.code for finding in moved.bill(EUROPE, FEB).findings if finding.account == "US"}
    assert codes == set()
    assert moved.invoice(US) == before
    assert recalculate_tax(US, stores=moved.stores()).outcome == "undetermined"
