"""Everything that came in is in exactly one place, and what is lost between the stores shows as a difference."""

from datetime import date
from decimal import Decimal

import pytest

from billproof.conservation.model import ConservationStatement, Equation
from billproof.conservation.service import balance_run
from billproof.contracts.charges import Discount, Timing
from billproof.contracts.model import Contract
from billproof.ledger.model import JournalEntry
from billproof.money import Money
from billproof.periods import DateRange
from billproof.pipeline.artefacts import PRICED, Artefacts
from billproof.pricing.models.one_off import OneOff
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof.reconciliation.model import Cause
from tests.support.playing import played_once
from tests.support.world import EUROPE, INC, JANUARY, World, flight

RUN = f"{INC}-2013-01-001"


def equations(statement: ConservationStatement, account: str | None = None) -> dict[str, Equation]:
    found = statement.equations
    if account is not None:
        found = next(each.equations for each in statement.accounts if each.account == account)
    return {equation.code: equation for equation in found}


def parts(equation: Equation) -> dict[str, str]:
    return {name: f"{value:f}" for name, value in equation.parts.items() if value}


@pytest.fixture
@played_once
def world() -> World:
    world = World(buckets=2)
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "usage_sources": ("test/operations",)}))
    world.ingest(
        [
            *(flight(n) for n in range(1, 11)),
            flight(1),
            flight(2, data={"distance": "1"}),
            flight(20, corrects="2013-01-05:UA:3"),
            flight(21, retracts="2013-01-05:UA:4", data={}),
            flight(22, type="flight.cancelled"),
            flight(23, data={"distance": "-1"}),
            flight(24, account="nobody"),
            {"specversion": "0"},
        ]
    )
    world.bill()
    world.post_all()
    return world


def test_every_event_is_in_one_place(world: World) -> None:
    statement = balance_run(RUN, stores=world.stores())
    assert statement.balances
    assert statement.quarantined_unattributed == 1
    found = equations(statement, "UA")
    assert parts(found["events received"]) == {"accepted": "15", "quarantined": "1"}
    assert parts(found["events accepted"]) == {
        "billed": "9",
        "excluded": "1",
        "duplicate": "1",
        "conflicting": "1",
        "corrected": "2",
        "retracting": "1",
    }
    assert parts(found["contracted terms"]) == {"with lines": "3"}


def test_all_money_is_on_invoices_in_the_books_and_open(world: World) -> None:
    found = equations(balance_run(RUN, stores=world.stores()))
    lines, released, posted = found["lines"], found["invoices released"], found["receivables posted"]
    assert parts(lines) == {"released": f"{lines.total:f}"}
    assert parts(released) == {"posted": f"{released.total:f}"}
    assert parts(posted) == {"open": f"{posted.total:f}"}


def test_what_others_post_to_the_receivable_is_nobodys_payment_but_a_variance(world: World) -> None:
    released = world.register.released(f"{INC}.{JANUARY}.UA")
    assert released is not None
    gross = released.document.totals.gross
    world.ledger.post(
        JournalEntry.balanced(
            legal_entity=INC,
            external_reference="BANK-1",
            invoice=released.invoice,
            billing_account="UA",
            period=JANUARY,
            document_date="2013-02-20",
            currency="USD",
            lines=[
                {"account": "1000", "amount": gross.model_dump(), "memo": "bank"},
                {"account": "1100", "amount": (-gross).model_dump(), "memo": "receivable"},
            ],
        )
    )
    posted = equations(balance_run(RUN, stores=world.stores()), "UA")["receivables posted"]
    assert parts(posted) == {"open": gross.text}
    (variance,) = world.reconcile().variances
    assert (variance.cause, variance.external_reference) == (Cause.NOT_INVOICED, "BANK-1")


def test_a_credit_note_that_the_erp_holds_with_another_amount_is_out_of_balance(world: World) -> None:
    credit = world.credit_and_approve(f"{INC}.{JANUARY}.UA")
    assert balance_run(RUN, stores=world.stores()).balances
    released = world.register.released(credit.id)
    assert released is not None
    key = next(key for key in world.records["ledger"].items if key.sort == released.number and "doc" in key.partition)
    entry = world.ledger.entry(INC, released.number)
    assert entry is not None
    doubled = [
        {**line.model_dump(), "amount": {"amount": line.amount.amount * 2, "currency": "USD"}} for line in entry.lines
    ]
    other = JournalEntry.balanced(**{**entry.model_dump(), "lines": doubled})
    world.records["ledger"].items[key] = other.model_dump(mode="json")
    posted = equations(balance_run(RUN, stores=world.stores()), "UA")["receivables posted"]
    assert posted.difference == -credit.in_books.gross.amount


def test_allowances_are_counted_in_events_where_events_are_what_is_measured() -> None:
    world = World()
    contract = world.directory.contracts("UA")[0]
    charges = tuple(
        charge.model_copy(update={"included_quantity": Decimal(4)}) if charge.id == "flights" else charge
        for charge in contract.charges
        if charge.id != "miles"
    )
    world.publish(contract.model_copy(update={"version": 2, "charges": charges}))
    world.ingest([flight(n) for n in range(10)])
    world.ingest([flight(n, account="DL", data={"air_time": "100"}) for n in range(3)])
    for entity in (INC, EUROPE):
        world.bill(entity)
    assert parts(equations(balance_run(RUN, stores=world.stores()), "UA")["events accepted"]) == {
        "billed": "6",
        "included": "4",
    }
    europe = balance_run(f"{EUROPE}-2013-01-001", stores=world.stores())
    assert parts(equations(europe, "DL")["events accepted"]) == {"included": "3"}  # minutes, all within 500,000


def test_held_invoices_and_terms_out_of_force_have_their_place() -> None:
    world = World()
    world.ingest([flight(1, account="UA", type="flight.cancelled")])
    contract = world.directory.contracts("UA")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.bill()
    statement = balance_run(RUN, stores=world.stores())
    assert statement.balances
    assert parts(equations(statement, "UA")["lines"]) == {"held": "5000"}
    assert parts(equations(statement, "UA")["events accepted"]) == {"orphan": "1"}


def test_terms_without_lines_say_why() -> None:
    world = World()
    contract = world.directory.contracts("UA")[0]
    flat = contract.charges[0].model_copy(update={"id": "later", "timing": Timing.IN_ARREARS})
    later = flat.model_copy(update={"effective": DateRange(start=date(2013, 3, 1))})
    fee = flat.model_copy(update={"id": "fee", "price": OneOff(amount=Decimal(9), due_on=date(2013, 3, 5))})
    off = Discount(id="off", name="off", percent=Decimal(5), charges=("later",), effective=later.effective)
    changes = {"version": 2, "charges": (*contract.charges, later, fee), "discounts": (off,)}
    world.publish(Contract.model_validate(contract.model_copy(update=changes).model_dump()))
    world.bill()
    places = parts(equations(balance_run(RUN, stores=world.stores()), "UA")["contracted terms"])
    assert places == {"with lines": "3", "not in force": "2", "not due": "1"}


def test_a_line_that_is_lost_between_pricing_and_the_invoice_is_unaccounted_for(world: World) -> None:
    artefacts = Artefacts(world.objects)
    for batch in artefacts.parts(PRICED, RUN):
        pricing = artefacts.read(PRICED, RUN, batch)
        accounts = []
        for account in pricing.accounts:
            if account.priced is not None and account.priced.account == "UA":
                more = account.priced.lines[0].model_copy(update={"net": Money.of("2600", "USD")})
                priced = account.priced.model_copy(update={"lines": (more, *account.priced.lines[1:])})
                accounts.append(account.model_copy(update={"priced": priced}))
            else:
                accounts.append(account)
        artefacts.write(PRICED, RUN, pricing.model_copy(update={"accounts": tuple(accounts)}), part=batch)
    statement = balance_run(RUN, stores=world.stores())
    assert not statement.balances
    assert equations(statement, "UA")["lines"].difference == 100
    differences = prove_run(RUN, stores=world.stores()).differences
    unbalanced = {difference.where for difference in differences if difference.kind is DifferenceKind.BALANCE}
    assert unbalanced == {RUN, "UA"}


def test_an_event_that_a_segment_holds_and_no_usage_counts_is_named(world: World) -> None:
    from billproof.usage import log

    key = next(iter(world.objects.keys("usage/")))
    rows = log.read_segment(world.objects, key)
    log.write(world.objects, key.rsplit("/", 1)[0] + "/", rows[:1])  # somebody adds a copy in a segment of its own
    for mark in list(world.objects.keys("late/")):  # left at the moment of the run itself: clocks may differ
        del world.objects.items[mark]
    kinds = {difference.kind for difference in prove_run(RUN, stores=world.stores()).differences}
    assert kinds == {DifferenceKind.SEGMENT}  # no run has read it, and no mark tells the next one of it


def test_a_release_that_nobody_approved_is_named() -> None:
    world = World()
    world.ingest([flight(1, type="flight.cancelled")])
    contract = world.directory.contracts("UA")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.bill()
    world.approve_all()
    world.post_all()
    assert prove_run(RUN, stores=world.stores()).differences == ()
    for key in [key for key in world.records["decisions"].items if key.sort.endswith("#decided")]:
        del world.records["decisions"].items[key]
    kinds = [difference.kind for difference in prove_run(RUN, stores=world.stores()).differences]
    assert kinds == [DifferenceKind.APPROVAL]
