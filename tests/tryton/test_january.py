"""A month of the demo, posted in the real Tryton: reconciled to zero, proved, corrected, and earned."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from billproof.adapters.tryton.erp import NAME, TrytonErp
from billproof.conservation.service import balance_run
from billproof.erp.plain_text import PlainText, plain_text
from billproof.invoicing.facts import POSTED
from billproof.masterdata.parties import LegalEntity
from billproof.payments.service import PaymentOutcome, apply_payment, read_payment_event
from billproof.periods import Period
from billproof.proof.service import prove_run
from tests.support.cash import by_number, receipt
from tests.support.tryton_server import ENVIRONMENT, PLAIN, TrytonServer
from tests.support.world import INC, JANUARY, World, flight

EXAMPLE = Path(__file__).parents[2] / "examples" / "tryton" / "legal-entity.yaml"
RUN = f"{INC}-{JANUARY}-001"
UA, B6 = f"{INC}.{JANUARY}.UA", f"{INC}.{JANUARY}.B6"
NAMED = "SkyMeter Inc"


@pytest.fixture(scope="module")
def world(tryton: TrytonServer) -> World:
    world = World()
    directory = world.directory
    world.erps[NAME] = TrytonErp(
        lambda: tryton.rest(PLAIN, "clerk"), entities=directory.legal_entity, accounts=directory.account
    )
    world.publish(LegalEntity.model_validate(yaml.safe_load(EXAMPLE.read_text())))
    world.ingest([flight(1)])
    world.bill()
    world.post_all()
    return world


def test_january_reconciles_to_zero_balances_and_proves(world: World) -> None:
    result = world.reconcile()
    assert (result.outcome, result.invoices, result.variances) == ("balanced", 13, ())
    assert result.posted_receivable == result.invoiced.gross
    assert balance_run(RUN, stores=world.stores()).balances
    proof = prove_run(RUN, stores=world.stores())
    assert proof.holds, proof.differences


def test_the_fact_of_a_posting_names_tryton_and_its_number(world: World) -> None:
    fact = world.register.fact(UA, POSTED) or {}
    assert fact["erp"] == NAME
    assert fact["document"]["erp_id"]


def test_tax_is_reported_under_the_tax_of_its_jurisdiction(world: World, tryton: TrytonServer) -> None:
    fields = ["amount", "tax.name", "move_line.move.description"]
    lines = list(
        tryton.rest(PLAIN, "admin").search("account.tax.line", [["tax.company.party.name", "=", NAMED]], fields)
    )
    assert {line["tax"]["name"] for line in lines} == {"Sales tax US-TX", "Sales tax US-NY"}
    taxed = sum(line["amount"] for line in lines)
    assert taxed == world.reconcile().invoiced.tax.amount


def test_customers_are_parties_with_the_addresses_of_their_accounts(world: World, tryton: TrytonServer) -> None:
    account = world.directory.account("UA")
    assert account is not None
    fields = ["name", "addresses.city", "addresses.postal_code", "addresses.country.code"]
    (party,) = tryton.rest(PLAIN, "admin").search("party.party", [["code", "=", "SKY-UA"]], fields)
    (address,) = party["addresses"]
    assert party["name"] == account.name
    assert (address["city"], address["postal_code"]) == (account.address.city, account.address.postal_code)
    assert address["country"]["code"] == account.address.country


def test_a_credit_note_and_earned_revenue_follow_and_february_reconciles_too(world: World) -> None:
    credit = world.credit_and_approve(UA)
    assert world.recognize("2013-02").posted > 0
    assert world.recognize("2013-02").posted == 0
    (document,) = world.erps[NAME].find(INC, (world.register.released(credit.id) or pytest.fail("not released")).number)
    assert document.on("1100").amount < 0
    assert world.reconcile().outcome == "balanced"


def test_what_a_customer_pays_is_booked_in_tryton_once(world: World) -> None:
    released = world.register.released(B6)
    assert released is not None
    received = receipt(released.receivable.booked, source="021000021-4401", remittance=released.number)
    sources = world.cash_sources(datetime(2013, 2, 20, tzinfo=UTC))
    event = read_payment_event(f'{{"kind": "receipt", "receipt": {received.model_dump_json()}}}')
    first = apply_payment(event, sources=sources, matcher=by_number, erps=world.erps)
    assert (first.outcome, first.entries) == (PaymentOutcome.APPLIED, 2)
    assert apply_payment(event, sources=sources, matcher=by_number, erps=world.erps) == first
    assert world.reconcile().outcome == "balanced"


def test_another_program_adds_up_the_journal_that_tryton_gives_back(world: World, tmp_path: Path) -> None:
    documents = list(world.erps[NAME].of_period(INC, Period.month("2013-02")))
    journal = tmp_path / "february.beancount"
    lines = plain_text(documents, world.directory.legal_entity(INC), PlainText.BEANCOUNT)
    journal.write_text("".join(f"{line}\n" for line in lines))
    assert documents
    check = ENVIRONMENT / "bin" / "bean-check"
    subprocess.run([check, journal], check=True)
    journal.write_text(journal.read_text().replace(".00 USD", ".01 USD", 1))
    assert subprocess.run([check, journal], check=False, capture_output=True).returncode != 0
