"""What is taken back beyond a month's bill is the customer's balance, which later invoices draw, exactly once."""

import json
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest

from billproof.adapters.typst.pdf import render_invoice
from billproof.invoicing.addresses import Recipients
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.mails import DeliveredFiles, MailTerms, compose
from billproof.invoicing.model import Released
from billproof.invoicing.series import Series
from billproof.periods import Period
from billproof.proof.service import prove_run
from tests.support.balances import (
    APR,
    BALANCE,
    FEB,
    JAN,
    MAR,
    RECEIVABLE,
    back,
    bill,
    holds,
    in_books,
    statement,
    table,
    taken_back,
    world_with_balances,
)
from tests.support.world import INC, World, flight


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
    mail = message_from_bytes(
        compose(
            invoice, march, DeliveredFiles(b""), MailTerms("billing@skymeter.example", Recipients(to="ap@ua.example"))
        ),
        policy=SMTP,
    )
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
