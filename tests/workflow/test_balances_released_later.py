"""What a document leaves to a customer's balance is judged when it is released, and is zero in the books in the end."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billproof.invoicing.model import Released
from billproof.money import Money, total
from billproof.pipeline.previewing import preview
from tests.support.balances import (
    BALANCE,
    FEB,
    JAN,
    MAR,
    back,
    bill,
    events,
    holds,
    in_books,
    statement,
    table,
    taken_back,
    world_with_balances,
)
from tests.support.charges import fee, miles
from tests.support.exchange_rates import rate
from tests.support.lives import Life
from tests.support.world import INC, World


def approve(world: World, exception: str) -> str:
    assert world.decide(exception, "approved", "ben").outcome == "decided"
    applied = world.apply(exception)
    assert world.apply(exception) == applied
    return f"{applied.outcome} {applied.number or applied.raised}"


def without_account(world: World) -> None:
    entity = world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts.model_copy(update={"customer_balance": None})
    world.publish(entity.model_copy(update={"version": entity.version + 1, "chart_of_accounts": chart}))


def test_of_two_credit_notes_that_are_over_the_limit_together_the_second_waits_again() -> None:
    """30.00 each, of which neither is over the limit of 40.00 when it is asked for."""
    world = world_with_balances("40")
    bill(world, JAN)
    bill(world, FEB)
    asked = [world.credit(f"{INC}.{month}.UA", f"C-{month}", to_balance=True) for month in (JAN, FEB)]
    said = [approve(world, each.exception) for each in asked]
    raised = f"{INC}.{FEB}.UA~01.001-01"
    assert said == ["released SKY-US-CN-2013-000001", f"outdated {raised}"]
    state = world.exception_store.state(raised)
    assert [finding.message for finding in state.opened.findings] == [
        "30.00 USD are left to the customer's balance, which would be 60.00 USD; the limit is 40.00 USD"
    ]
    assert world.wait(raised, "t1").outcome == "waiting"
    assert approve(world, raised) == "released SKY-US-CN-2013-000002"
    assert table(world)[-1] == "SKY-US-CN-2013-000002 30.00 60.00"


def test_what_a_person_approved_is_a_balance_and_not_any() -> None:
    """A balance of 30.00 is approved where 10.00 are allowed; by then it would be 60.00."""
    world = world_with_balances("10")
    bill(world, JAN)
    bill(world, FEB)
    first, second = (world.credit(f"{INC}.{month}.UA", f"C-{month}", to_balance=True) for month in (JAN, FEB))
    assert approve(world, second.exception) == "released SKY-US-CN-2013-000001"
    assert approve(world, first.exception) == f"outdated {INC}.{JAN}.UA~01.001-01"


def test_an_invoice_that_would_pass_the_limit_by_the_time_of_its_release_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """March's -120.00 is drafted while nothing is left; before its release a credit note of February leaves 30.00."""
    world = world_with_balances("130")
    world.ingest(events(150))
    bill(world, JAN)
    bill(world, FEB)
    asked = world.credit(f"{INC}.{FEB}.UA", to_balance=True)
    world.ingest([back(event) for event in events(150)])
    release: Callable[[str, str], None] = world.release

    def after_a_credit_note(run_id: str, batch: str) -> None:
        approve(world, asked.exception)
        release(run_id, batch)

    monkeypatch.setattr(world, "release", after_a_credit_note)
    assert bill(world, MAR) is None
    (state,) = world.exception_store.of_period(INC, MAR)
    assert [finding.code for finding in state.opened.findings] == ["balance_over_limit"]
    assert approve(world, state.opened.id) == "released SKY-US-2013-000003"
    assert table(world)[-1] == "SKY-US-2013-000003 120.00 150.00"
    world.post_all(period=MAR)
    assert holds(world, MAR)


def test_nothing_is_left_where_the_account_for_balances_is_gone_by_then() -> None:
    world = world_with_balances("0")
    taken_back(world)
    without_account(world)
    exception = f"{INC}.{FEB}.UA.001"
    raised = f"{INC}.{FEB}.UA.001-01"
    assert approve(world, exception) == f"outdated {raised}"
    assert not world.exception_store.state(raised).opened.can_approve
    assert world.decide(raised, "approved", "ben").refusal == "nothing_to_release"
    assert table(world) == []


def test_a_preview_shows_what_would_be_drawn_of_the_balance() -> None:
    world = world_with_balances()
    taken_back(world, flights=50)
    world.moment = datetime(2013, 4, 2, tzinfo=UTC)

    def shown(month: str) -> str:
        (found,) = preview(
            legal_entity=INC, period=month, accounts=["UA"], sources=world.preview_sources(), now=world.now()
        )
        return str(found.balance and found.balance.change)

    before = shown(MAR)
    march = bill(world, MAR)
    assert isinstance(march, Released)
    assert (before, shown(MAR), shown(FEB)) == ("-20.00 USD", "-20.00 USD", "20.00 USD")
    assert shown(JAN) == "None"
    assert holds(world, MAR)


def test_a_preview_leaves_nothing_where_customers_have_no_balances() -> None:
    world = world_with_balances(account=None)
    world.ingest(events(50))
    bill(world, JAN)
    world.ingest([back(event) for event in events(50)])
    (found,) = preview(legal_entity=INC, period=FEB, accounts=["UA"], sources=world.preview_sources(), now=world.now())
    assert found.invoice is not None
    assert (found.invoice.totals.gross.text, found.balance) == ("-20.00", None)


def test_an_invoice_that_drew_a_balance_and_is_credited_in_parts_is_zero_in_the_books() -> None:
    """100.00 EUR booked with 120.00 USD draw 40.00 booked with 44.00; 60.00 are credited, then 40.00."""
    life = Life(fee("100"), miles("1"), currency="EUR")
    entity = life.world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts.model_copy(update={"customer_balance": BALANCE})
    changes: dict[str, Any] = {"chart_of_accounts": chart, "balance_limits": {"EUR": Decimal(1000)}}
    life.world.publish(entity.model_copy(update={"version": entity.version + 1, **changes}))
    life.world.publish(rate("1.10", "2013-01-31"), rate("1.20", "2013-02-28"))
    life.bill(1)
    life.credit(1, lines=[{"line": "fee:2013-01", "amount": "40"}], to_balance=True)
    life.bill(2)
    assert booked(life) == ("0.00", "186.00")  # 110 + 120 - 44
    life.credit(2, "C-2", lines=[{"line": "fee:2013-02", "amount": "60"}])
    life.credit(2, "C-3")
    assert booked(life) == ("-44.00", "110.00")  # as if it had never been


def test_a_statement_takes_changes_in_their_order_whatever_day_their_documents_are_issued_for() -> None:
    """A credit note of 2 March leaves 30.00, which February's invoice, issued for the 1st, draws on the 3rd."""
    world = world_with_balances()
    bill(world, JAN)
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.credit_and_approve(f"{INC}.{JAN}.UA", to_balance=True)
    bill(world, FEB)

    def shown(first: int, last: int) -> tuple[str, list[str], str]:
        days = {"first": date(2013, 3, first), "last": date(2013, 3, last)}
        found = statement(world, **days)
        return found.opening.text, [f"{entry.change.change}" for entry in found.entries], found.closing.text

    assert [entry.issue_date.day for entry in statement(world).entries] == [2, 1]
    assert shown(1, 1) == ("0.00", [], "0.00")
    assert shown(2, 31) == ("0.00", ["30.00 USD", "-30.00 USD"], "0.00")
    assert shown(3, 31) == ("0.00", [], "0.00")


def booked(life: Life) -> tuple[str, str]:
    """Return what UA has on the account for balances and on the receivable."""
    entries = [
        entry
        for key, entry in life.world.records["ledger"].items.items()
        if key.partition.startswith("documents#") and entry["billing_account"] == "UA"
    ]
    receivable = life.world.directory.legal_entity(INC).chart_of_accounts.receivable
    lines = [line for entry in entries for line in entry["lines"]]
    balance, due = (
        total((Money.model_validate(line["amount"]) for line in lines if line["account"] == account), "USD").text
        for account in (BALANCE, receivable)
    )
    assert in_books(life.world, BALANCE) == balance
    return balance, due
