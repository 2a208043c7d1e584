"""What is taken back beyond a month's bill is the customer's balance, which later invoices draw, exactly once."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest

from billproof.adapters.typst.pdf import render_invoice
from billproof.approvals.policy import Policy
from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from billproof.errors import InvalidInput
from billproof.invoicing.balance import BalanceChange, BalanceStatement, Settlement, Worth, change_of, statement_of
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.delivery import compose
from billproof.invoicing.model import Released
from billproof.invoicing.series import Series
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.periods import Period
from billproof.proof.service import prove_run
from billproof_ops.demo import story
from tests.support.world import INC, World, flight

JAN, FEB, MAR, APR = "2013-01", "2013-02", "2013-03", "2013-04"
BALANCE, RECEIVABLE = "2300", story.master_data().legal_entities[0].chart_of_accounts.receivable
WIDE_OPEN = {"usage_drop_percent": "100", "usage_spike_percent": "100000", "credit_percent": "100000"}


def world_with_balances(limit: str | None = "1000", *, state: str = "IL", account: str | None = BALANCE) -> World:
    """UA, in a state without tax or in New York, pays 30.00 a month and 1.00 a flight."""
    world = World(master_data=False)
    demo = story.master_data()
    entity = demo.legal_entities[0].model_dump(mode="json")
    chart = {**entity["chart_of_accounts"], "customer_balance": account, "bad_debt": "6800"}
    limits = {} if limit is None else {"USD": limit}
    world.publish(LegalEntity.model_validate({**entity, "chart_of_accounts": chart, "balance_limits": limits}))
    policy = demo.policies[0].model_dump(mode="json")
    world.publish(*demo.meters, Policy.model_validate({**policy, "thresholds": WIDE_OPEN}))
    like = next(each for each in demo.accounts if each.address.region == state and each.legal_entity == INC)
    world.publish(like.model_copy(update={"id": "UA", "parent": None}))
    charge = {"product": "p", "revenue_category": "usage", "effective": {"start": "2013-01-01"}, "timing": "in_arrears"}
    contract = {
        "id": "ua",
        "account": "UA",
        "version": 1,
        "signed_by": "someone",
        "effective": {"start": "2013-01-01"},
        "currency": "USD",
        "time_zone": "America/New_York",
        "charges": [
            {**charge, "id": "fee", "name": "Fee", "price": {"model": "flat", "amount": "30"}},
            {
                **charge,
                "id": "flights",
                "name": "Flights",
                "meter": "flights_handled",
                "price": {"model": "per_unit", "unit_price": "1"},
            },
        ],
    }
    world.publish(Contract.model_validate(contract))
    return world


def events(number: int) -> list[dict[str, Any]]:
    return [flight(each) for each in range(number)]


def back(event: dict[str, Any]) -> dict[str, Any]:
    """Take an event back."""
    return event | {"id": f"back-{event['id']}", "retracts": event["id"], "data": {}}


def bill(world: World, month: str) -> Released | None:
    after = Period.month(month).end
    world.moment = max(world.moment, datetime(after.year, after.month, 3, 12, tzinfo=UTC))
    world.bill(period=month)
    released = world.register.released(f"{INC}.{month}.UA")
    if released is not None:
        world.post(released.invoice)
    return released


def taken_back(world: World, flights: int = 150) -> Released | None:
    """Bill January with its flights, take them all back, and bill February."""
    world.ingest(events(flights))
    bill(world, JAN)
    world.ingest([back(event) for event in events(flights)])
    return bill(world, FEB)


def statement(world: World, **days: Any) -> BalanceStatement:
    entries = world.register.balances.entries(INC, "UA", "USD")
    return statement_of(entries, legal_entity=INC, account="UA", currency="USD", **days)


def table(world: World) -> list[str]:
    rows = [f"{entry.number} {entry.change.change} {entry.change.after.amount}" for entry in statement(world).entries]
    return [row.replace(" USD", "") for row in rows]


def in_books(world: World, account: str) -> str:
    documents = world.records["ledger"].items.items()
    lines = [line for key, entry in documents if key.partition.startswith("documents#") for line in entry["lines"]]
    found = sum((Decimal(line["amount"]["amount"]) for line in lines if line["account"] == account), Decimal(0))
    return f"{found:.2f}"


def holds(world: World, month: str, number: int = 1) -> bool:
    run = f"{INC}-{month}-{number:03}"
    proof = prove_run(run, stores=world.stores())
    assert proof.differences == ()
    assert balance_run(run, stores=world.stores()).balances
    return proof.holds and world.reconcile(period=month).variances == ()


def test_a_negative_invoice_leaves_a_balance_that_the_next_ones_draw() -> None:
    world = world_with_balances()
    taken_back(world)
    for month in (MAR, APR):
        bill(world, month)
    assert table(world) == [
        "SKY-US-2013-000002 120.00 120.00",
        "SKY-US-2013-000003 -30.00 90.00",
        "SKY-US-2013-000004 -30.00 60.00",
    ]
    assert in_books(world, BALANCE) == "-60.00"
    assert in_books(world, RECEIVABLE) == "180.00"  # January alone: 30 + 150
    assert all(holds(world, month) for month in (JAN, FEB, MAR, APR))


def test_the_last_draw_takes_what_is_left_and_the_rest_is_due() -> None:
    world = world_with_balances()
    taken_back(world, flights=80)  # 30 - 80
    bill(world, MAR)
    world.moment = datetime(2013, 4, 8, tzinfo=UTC)
    world.ingest([flight(900, day="2013-04-05")])
    april = bill(world, APR)
    assert table(world)[-1] == "SKY-US-2013-000004 -20.00 0.00"
    assert april is not None
    assert april.receivable.amount.text == "11.00"
    world.moment = datetime(2013, 6, 3, tzinfo=UTC)
    may = bill(world, "2013-05")
    assert may is not None
    assert may.balance is None


def test_the_balance_is_gross_after_tax() -> None:
    world = world_with_balances(state="NY")
    february = taken_back(world)
    assert february is not None
    assert february.document.totals.net.text == "-120.00"
    assert february.balance is not None
    assert february.balance.left == -february.document.totals.gross
    assert february.balance.left.amount > 120
    bill(world, MAR)
    assert holds(world, FEB)
    assert holds(world, MAR)


@pytest.mark.parametrize(("limit", "after"), [(None, "0.00"), ("119.99", "119.99")])
def test_more_than_the_limit_waits_for_a_person_who_may_approve_it(limit: str | None, after: str) -> None:
    world = world_with_balances(limit)
    assert taken_back(world) is None
    (state,) = world.exception_store.of_period(INC, FEB)
    assert [finding.code for finding in state.opened.findings] == ["balance_over_limit"]
    assert state.opened.findings[0].message == (
        f"120.00 USD are left to the customer's balance, which would be 120.00 USD; the limit is {after} USD"
    )
    world.approve_all(period=FEB)
    assert table(world) == ["SKY-US-2013-000002 120.00 120.00"]
    world.post_all(period=FEB)
    assert holds(world, FEB)


def test_the_limit_is_of_the_balance_and_not_of_one_document() -> None:
    world = world_with_balances("150")
    taken_back(world)
    world.ingest([flight(number, day="2013-02-05") for number in range(300, 360)])
    bill(world, MAR)  # late usage of February: 30 + 60 - drawn
    world.ingest([back(flight(number, day="2013-02-05")) for number in range(300, 360)])
    assert table(world)[-1] == "SKY-US-2013-000003 -90.00 30.00"
    bill(world, APR)  # 30 - 60
    assert table(world)[-1] == "SKY-US-2013-000004 30.00 60.00"


def test_without_an_account_for_balances_a_negative_invoice_is_held_as_before() -> None:
    world = world_with_balances(account=None)
    assert taken_back(world) is None
    (state,) = world.exception_store.of_period(INC, FEB)
    assert [finding.code for finding in state.opened.findings] == ["negative_invoice"]
    assert not state.opened.can_approve


def test_a_credit_note_takes_off_what_is_open_and_gives_back_what_the_balance_paid() -> None:
    world = world_with_balances()
    taken_back(world, flights=50)  # 20.00 are left
    bill(world, MAR)  # 30.00, of which 20.00 are drawn
    world.credit_and_approve(f"{INC}.{MAR}.UA")
    assert table(world)[-2:] == ["SKY-US-2013-000003 -20.00 0.00", "SKY-US-CN-2013-000001 20.00 20.00"]
    assert in_books(world, BALANCE) == "-20.00"
    assert in_books(world, RECEIVABLE) == "80.00"
    assert holds(world, MAR)


def test_a_credit_note_of_a_paid_invoice_is_left_to_the_balance() -> None:
    world = world_with_balances()
    bill(world, JAN)
    world.credit_and_approve(f"{INC}.{JAN}.UA", lines=[{"line": "fee:2013-01", "amount": "12"}], to_balance=True)
    assert bill(world, FEB) is not None
    assert table(world) == ["SKY-US-CN-2013-000001 12.00 12.00", "SKY-US-2013-000002 -12.00 0.00"]
    assert in_books(world, BALANCE) == "0.00"
    assert holds(world, FEB)


def test_what_is_refunded_is_no_balance() -> None:
    world = world_with_balances()
    bill(world, JAN)
    world.credit_and_approve(f"{INC}.{JAN}.UA", refund=True)
    assert table(world) == []


def test_a_credit_note_over_the_limit_says_so_to_the_approver() -> None:
    world = world_with_balances("10")
    bill(world, JAN)
    asked = world.credit(f"{INC}.{JAN}.UA", to_balance=True)
    codes = [finding.code for finding in world.exception_store.state(asked.exception).opened.findings]
    assert codes == ["credit_requested", "balance_over_limit"]


def test_a_balance_needs_an_account_and_is_not_refunded_too() -> None:
    world = world_with_balances(account=None)
    bill(world, JAN)
    with pytest.raises(InvalidInput, match="has no account for customers' balances"):
        world.credit(f"{INC}.{JAN}.UA", to_balance=True)
    with pytest.raises(ValueError, match="it is refunded or left to the balance, not both"):
        world.credit(f"{INC}.{JAN}.UA", to_balance=True, refund=True)


def test_a_write_off_gives_up_what_is_open_alone() -> None:
    world = world_with_balances()
    taken_back(world, flights=50)
    bill(world, MAR)
    invoice = f"{INC}.{MAR}.UA"
    with pytest.raises(InvalidInput, match=r"10.00 USD are open of SKY-US-2013-000003, the rest was paid"):
        world.credit(invoice, reason="uncollectible")
    world.credit_and_approve(invoice, lines=[{"line": "fee:2013-03", "amount": "20"}], to_balance=True)
    world.credit_and_approve(invoice, "C-2", reason="uncollectible")
    assert table(world)[-1] == "SKY-US-CN-2013-000001 20.00 20.00"
    assert in_books(world, RECEIVABLE) == "80.00"


def test_two_releases_at_once_draw_no_money_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """March and April of one account are released at once: the second finds the balance as the first left it."""
    world = world_with_balances()
    taken_back(world, flights=70)  # 40.00 are left
    march = bill(world, MAR)
    assert march is not None
    forget(world, march)
    ref = march.document

    def release(month: str) -> Released:
        candidate = Candidate(f"{INC}.{month}.UA", ref)
        series = Series(entity=INC, prefix="SKY-US", issue_date=date(2013, 5, 1))
        found = world.register.release([candidate], series=series, period=Period.month(month), run=f"{INC}-{month}-001")
        assert world.register.release([candidate], series=series, period=Period.month(month), run="again") == found
        return found[candidate.invoice]

    create = world.records["invoices"].create_all

    def while_another_releases(records: Any) -> bool:
        monkeypatch.undo()
        release(APR)
        return create(records)

    monkeypatch.setattr(world.records["invoices"], "create_all", while_another_releases)
    second = release(MAR)
    assert second.balance is not None
    assert (second.balance.opening.text, second.balance.drawn.text) == ("10.00", "10.00")
    assert [row.split(" ", 1)[1] for row in table(world)] == ["40.00 40.00", "-30.00 10.00", "-10.00 0.00"]


def forget(world: World, released: Released) -> None:
    """Take a release back as if it had never been written."""
    records = world.records["invoices"].items
    for key in [key for key, document in records.items() if released.invoice in json.dumps(document)]:
        del records[key]


def test_a_run_that_is_repeated_changes_no_balance() -> None:
    world = world_with_balances()
    taken_back(world)
    bill(world, MAR)
    before = table(world)
    for _ in range(2):
        bill(world, FEB)
        bill(world, MAR)
    assert table(world) == before
    assert holds(world, MAR, 3)


def test_a_changed_balance_is_found_by_the_proof() -> None:
    world = world_with_balances()
    taken_back(world)
    bill(world, MAR)
    records = world.records["invoices"].items
    (key,) = [key for key in records if key.partition == f"balance#{INC}#UA" and key.sort == "USD#000002"]
    document = json.loads(json.dumps(records[key]))
    document["change"]["change"]["amount"] = "-29"
    records[key] = document
    proof = prove_run(f"{INC}-{MAR}-001", stores=world.stores())
    assert {difference.kind for difference in proof.differences} == {"customer_balance_differs"}


def test_the_document_and_the_mail_show_what_is_drawn_and_due() -> None:
    world = world_with_balances()
    taken_back(world, flights=50)
    march = bill(world, MAR)
    assert march is not None
    invoice = world.invoice(march.invoice)
    mail = message_from_bytes(compose(invoice, march, b"", sender="billing@skymeter.example"), policy=SMTP)
    body = mail.get_body()
    assert body is not None
    assert "30.00 USD, of which your balance pays 20.00 USD; 10.00 USD are due on" in body.get_content()
    without = march.model_copy(update={"balance": None})
    assert render_invoice(invoice, march) != render_invoice(invoice, without)


def test_a_statement_has_an_opening_and_a_closing_balance() -> None:
    world = world_with_balances()
    taken_back(world)
    bill(world, MAR)
    found = statement(world, first=date(2013, 4, 1), last=date(2013, 4, 30))
    numbers = [entry.number for entry in found.entries]
    assert (found.opening.text, numbers, found.closing.text) == ("120.00", ["SKY-US-2013-000003"], "90.00")
    later = statement(world, first=date(2014, 1, 1))
    assert (later.opening.text, later.entries, later.closing.text) == ("90.00", (), "90.00")


def worth(amount: str, booked: str) -> Worth:
    return Worth(Money.of(amount, "USD"), Money.of(booked, "EUR"))


NOTHING = worth("0", "0")


@pytest.mark.parametrize(
    ("gross", "opening", "settlement", "due", "change"),
    [
        (worth("-10.00", "-8.00"), NOTHING, Settlement.INVOICE, NOTHING, worth("10.00", "8.00")),
        (worth("30.00", "27.00"), worth("10.00", "8.01"), Settlement.INVOICE, NOTHING, worth("-10.00", "-8.01")),
        (worth("5.00", "4.50"), worth("10.00", "8.01"), Settlement.INVOICE, NOTHING, worth("-5.00", "-4.01")),
        (worth("-30.00", "-27.00"), NOTHING, Settlement.CREDIT_NOTE, worth("30.00", "27.00"), NOTHING),
        # what drew 10.00 at 8.01 gives them back at 8.01: the receivable of 18.99 comes to nothing
        (worth("-30.00", "-27.00"), NOTHING, Settlement.CREDIT_NOTE, worth("20.00", "18.99"), worth("10.00", "8.01")),
        (worth("-30.00", "-27.00"), NOTHING, Settlement.WHOLE, worth("30.00", "27.00"), worth("30.00", "27.00")),
        (worth("-30.00", "-27.00"), NOTHING, Settlement.NONE, worth("20.00", "18.99"), NOTHING),
    ],
)
def test_in_another_currency_what_is_left_and_drawn_comes_to_nothing_in_the_books(
    gross: Worth, opening: Worth, settlement: Settlement, due: Worth, change: Worth
) -> None:
    assert change_of(gross, opening, settlement, due) == change


def test_a_balance_that_is_drawn_cent_by_cent_ends_at_nothing_in_both_currencies() -> None:
    left = worth("1.00", "0.77")
    for _ in range(100):
        left += change_of(worth("0.01", "0.01"), left, Settlement.INVOICE, NOTHING)
    assert left == NOTHING
    assert isinstance(left, Worth)
    assert BalanceChange.model_fields.keys() >= {"opening_booked", "change_booked"}
