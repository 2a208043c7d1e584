"""The demo's story: what it sends and how it adds up."""

from collections import Counter
from io import StringIO
from typing import cast

import pytest
from rich.console import Console

from billproof.invoicing.facts import Sent
from billproof.masterdata.crosswalk_book import CrosswalkBook, KnownCrosswalk
from billproof_ops.dead_letters import QueueDepth
from billproof_ops.demo import story, trouble
from billproof_ops.demo.comparing import repeated, totals_of
from billproof_ops.demo.progress import Timings, progress_bars, progress_lines
from billproof_ops.demo.report import render_report
from billproof_ops.demo.summary import EventSummary, InvoiceSummary, RunSummary, Summary
from billproof_ops.errors import WrongUse
from billproof_ops.target import Target


def test_a_period_is_a_month_of_2013_or_the_year() -> None:
    assert story.periods("2013-01") == ["2013-01"]
    assert len(story.periods("2013")) == 12
    for text in ("2014-01", "2013-13", "January", ""):
        with pytest.raises(WrongUse, match="not a period"):
            story.periods(text)


def test_every_flight_of_january_is_an_event_with_an_identity_of_its_own() -> None:
    found = list(story.events("2013-01"))
    assert len(found) == len({event["id"] for event in found}) == 27_004
    assert sum(event["type"] == "flight.cancelled" for event in found) == 521
    assert sum(event["subject"] == "UA" for event in found) == 4_637


def test_flights_of_the_acquired_airline_come_under_its_old_id_and_are_those_of_united() -> None:
    flights = list(story.events("2013-01"))
    sent = list(story.under_old_ids(flights))
    subjects = Counter(event["subject"] for event in sent)
    assert (subjects["CO"], subjects["UA"]) == (2_166, 2_471)
    assert [{**event, "subject": ""} for event in sent] == [{**event, "subject": ""} for event in flights]
    book = CrosswalkBook.of(KnownCrosswalk(data, "") for data in story.master_data().crosswalks)
    found = (book.account_of(event["source"], event["subject"], event["time"]) for event in sent)
    assert list(found) == [event["subject"] for event in flights]


def test_four_contracts_come_of_orders_and_one_order_waits_with_its_reason() -> None:
    data = story.master_data()
    from_orders = [contract.id for contract in data.contracts if contract.id.startswith("sf-")]
    assert from_orders == ["sf-9E-2013", "sf-AS-2013", "sf-HA-2013", "sf-OO-2013"]
    assert {contract.account for contract in data.contracts} == {account.id for account in data.accounts}
    (waiting,) = (order for order in data.orders if order.missing)
    assert (waiting.contract_id, str(waiting.amount)) == ("sf-F9-2014", "1202.00 USD")
    assert [missing.message for missing in waiting.missing] == ["the product 'SKY-RADAR' is not known"]


def test_messages_hold_every_event_once() -> None:
    packed = list(story.messages(story.events("2013-01"), events_per_message=500))
    assert sum(number for _, number in packed) == 27_004
    assert max(len(body) for body, _ in packed) < 256 * 1024


def invoice(account: str, net: str, currency: str = "USD") -> InvoiceSummary:
    return InvoiceSummary(
        account=account,
        account_name=f"<{account}>",
        legal_entity="e",
        period="2013-01",
        invoice_id=f"e.2013-01.{account}",
        number=f"N-{account}",
        status="posted",
        delivered=True,
        sent=Sent.YES,
        currency=currency,
        lines=[],
        net=net,
        tax="0.10",
        total=net,
        tax_reason="none",
        sha256="0" * 64,
    )


def run() -> RunSummary:
    events = EventSummary(
        received=3,
        accepted=3,
        duplicate=1,
        conflicting=0,
        quarantined=0,
        billed=2,
        excluded=0,
        orphan=0,
        late=0,
        corrected=0,
    )
    return RunSummary(
        run_id="r",
        legal_entity="e",
        period="2013-01",
        accounts=1,
        events=events,
        released=1,
        already_released=0,
        held=0,
        findings=[],
    )


def test_totals_add_up_by_currency() -> None:
    found = totals_of([invoice("A", "1.10"), invoice("B", "2.20"), invoice("C", "5.00", "EUR")])
    assert found["USD"] == {"net": "3.30", "tax": "0.20", "total": "3.50"}
    assert found["EUR"]["net"] == "5.00"


def test_a_repeat_says_what_it_changed() -> None:
    before = {"N-1": ("digest", "posted"), "N-2": ("digest", "released")}
    same = repeated(before, dict(before), [run()], 3, sent_to_closed=0, new_receipts=0)
    assert (same.first_time, same.new_invoices, same.new_postings, same.changed_invoices) == (False, 0, 0, 0)
    after = {"N-1": ("other", "posted"), "N-2": ("digest", "posted"), "N-3": ("digest", "posted")}
    changed = repeated(before, after, [run()], 3, sent_to_closed=0, new_receipts=4)
    assert (changed.new_invoices, changed.new_postings, changed.changed_invoices) == (1, 2, 1)
    assert changed.new_receipts == 4
    closed = repeated(before, dict(before), [run()], 3, sent_to_closed=3, new_receipts=0)
    assert closed.events_sent_again == 3  # no run of a closed month counts what is known


def test_the_report_escapes_what_it_is_told_and_asks_for_nothing_outside() -> None:
    found = [invoice("A", "1.10")]
    summary = Summary(
        periods=["2013-01"],
        runs=[run()],
        invoices=found,
        reconciliations=[],
        proofs=[],
        decisions=[],
        balances=[],
        cash=None,
        totals=totals_of(found),
        repeat=repeated({}, {}, [run()], 3, sent_to_closed=0, new_receipts=0),
    )
    page = render_report(summary, {"billing runs": 1.5})
    assert "&lt;A&gt;" in page
    assert "<A>" not in page
    assert "http" not in page
    assert "src=" not in page


def test_where_no_terminal_shows_bars_each_stage_prints_a_line_when_it_begins() -> None:
    lines = StringIO()
    console = Console(file=lines, width=100, force_terminal=False)
    timings = Timings(progress_lines(console))
    with timings.phase("start and deploy the local stack"):
        assert lines.getvalue() == "    0 s  start and deploy the local stack\n"
    with timings.phase("billing runs", "2013-01"), progress_bars(console) as progress:
        progress.add_task("batches", total=1)
    assert lines.getvalue().splitlines()[1:] == ["    0 s  2013-01 billing runs"]
    assert list(timings.phases) == ["start and deploy the local stack", "billing runs"]


def test_a_terminal_shows_bars_and_no_lines() -> None:
    shown = StringIO()
    console = Console(file=shown, width=100, force_terminal=True)
    with Timings(progress_lines(console)).phase("billing runs", "2013-01"), progress_bars(console) as progress:
        progress.add_task("batches", total=1)
    assert ("billing runs" in shown.getvalue(), "batches" in shown.getvalue()) == (False, True)


def test_dead_letters_are_said_once_and_again_when_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"usage-events": 0, "contract-events": 2}
    monkeypatch.setattr(
        trouble, "depths", lambda _: [QueueDepth(queue=name, waiting=0, dead_letters=n) for name, n in held.items()]
    )
    said: list[str] = []
    watch = trouble.DeadLetterWatch(cast("Target", None), said.append)
    watch.look()
    watch.look()
    assert [line.partition(",")[0] for line in said] == ["contract-events: 2 dead letters"]
    assert "billproof dlq peek contract-events" in said[0]
    held["contract-events"], held["usage-events"] = 3, 1
    watch.look()
    assert [line.partition(",")[0] for line in said[1:]] == [
        "usage-events: 1 dead letters",
        "contract-events: 3 dead letters",
    ]
