"""The metrics of a small month, which was worked out by hand in docs/metrics.md, and that days never change."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof.approvals.policy import MatchingRules
from billproof.errors import ObjectUnreadable
from billproof.insights.figures import FigureRow
from billproof.insights.keeping import StandingBook, figures_key, parquet_of, read_days
from billproof.masterdata.parties import LegalEntity
from billproof_ops import cli
from billproof_ops.target import Target
from tests.support.balances import JAN
from tests.support.cash import by_number, cash_world, desk_of, number_of, receipt, usd
from tests.support.disputes import dispute
from tests.support.events import MemoryPositions
from tests.support.metrics import MeasuredWorld, days_of, metrics_of, published
from tests.support.world import INC, JANUARY, flight

TWO_DAYS_AFTER = datetime(2013, 2, 3, 5, tzinfo=UTC)
"""48 hours after the end of January in New York."""
EV = f"{INC}.{JANUARY}.EV"


@pytest.fixture
def world() -> MeasuredWorld:
    """UA is released at once; EV is held, decided half an hour later, and both are posted 90 minutes after that."""
    world = MeasuredWorld(accounts={"UA", "EV"})
    world.publish(world.directory.contracts("EV")[0].model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1), flight(1, account="EV", type="flight.cancelled")])
    world.moment = TWO_DAYS_AFTER
    world.bill()
    world.moment += timedelta(minutes=30)
    assert world.decide(f"{EV}.001", "approved", "ben").outcome == "decided"
    assert world.apply(f"{EV}.001").outcome == "released"
    world.moment += timedelta(minutes=90)
    world.post_all()
    world.moment += timedelta(days=1)
    return world


def test_the_metrics_of_a_small_month_are_those_worked_out_by_hand(world: MeasuredWorld) -> None:
    """UA pays 2,500.00 of its platform and 1.61 of its flight, twice the fee of a month is in the demo's contract.

    draft 48.0, 48.0; release 48.0, 48.5; draft to release 0.0, 0.5; posting 2.0 (of UA), 1.5 (of EV)
    2 invoices, of them 1 touchless: 50.0 %; 2 drafted, 1 held: 50.0 %
    5,001.61 are open at the end of two days in which 5,001.61 were invoiced: 2.0 days
    """
    done = published(world)
    assert (done.is_complete, done.unbalanced) == (True, ())
    assert done.days == (date(2013, 2, 2), date(2013, 2, 3))
    said = metrics_of(world)
    by_hand = {
        "draft_hours median": "48.0",
        "draft_to_release_hours median": "0.0",
        "draft_to_release_hours p95": "0.5",
        "release_hours median": "48.0",
        "release_hours p95": "48.5",
        "posting_hours median": "1.5",
        "posting_hours p95": "2.0",
        "run_hours median": "48.0",
        "deciding_hours median": "0.5",
        "invoices": "2",
        "invoices US": "2",
        "invoiced USD": "5001.61",
        "invoiced US USD": "5001.61",
        "product_net platform USD": "5000",
        "product_net telemetry USD": "1.61",
        "touchless_percent": "50.0",
        "held_percent": "50.0",
        "exceptions": "1",
        "exceptions unpriced_meter": "1",
        "exceptions usage_not_billed": "1",
        "open_exceptions": "0",
        "credit_note_percent": "0.0",
        "receivables USD": "5001.61",
        "days_sales_outstanding USD": "2.0",
        "events": "2",
        "late_usage_percent": "0.0",
        "silent_hours erp": "21",
        "dispute_win_percent": None,
    }
    assert {name: said[name] for name in by_hand} == by_hand


def test_what_is_paid_credited_and_disputed_is_that_of_its_day() -> None:
    """30.00 are issued on the 1st of February: 12.00 are paid on the 10th and 18.00 on the 11th, after 240 hours."""
    world = cash_world(JAN)
    world.positions = MemoryPositions()  # type: ignore[attr-defined]
    first = date(2013, 2, 1)
    world.moment = datetime(2013, 2, 10, 12, tzinfo=UTC)
    dispute(world, date(2013, 2, 10), deadline="2013-03-01")
    for amount, on in (("12.00", date(2013, 2, 10)), ("18.00", date(2013, 2, 11))):
        world.moment = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        arrived = receipt(usd(amount), f"{on}", remittance=number_of(world, JAN), booked_on=on.isoformat())
        desk_of(world, today=on).take(arrived, by_number, MatchingRules())
    world.moment = datetime(2013, 2, 12, 12, tzinfo=UTC)
    published(world)
    said = metrics_of(world)
    assert (said["invoiced USD"], said["settled USD"], said["payment_hours median"]) == ("30", "30", "240.0")
    assert (said["disputes"], said["disputed USD"], said["disputes service"]) == ("1", "30", "1")
    assert "receivables USD" not in said
    open_by_day = {
        day: [f"{row.amount:f}" for row in rows if row.figure == "receivables"] for day, rows in days_of(world).items()
    }
    assert open_by_day[date(2013, 2, 9)] == ["30"]
    assert open_by_day[date(2013, 2, 10)] == ["18"]
    assert open_by_day[date(2013, 2, 11)] == []
    assert min(open_by_day) >= first


def test_what_people_reject_credit_and_reconcile_is_counted_by_cause() -> None:
    """Of 2 invoices one is held, and rejected an hour later; the other is reconciled after 50 hours and credited whole.

    It is issued on the 1st and nothing is open since the 3rd: 48 hours. EV's amount is nothing: 0 is prevented.
    """
    world = MeasuredWorld(accounts={"UA", "EV"})
    world.publish(world.directory.contracts("EV")[0].model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1), flight(1, account="EV", type="flight.cancelled"), flight(2, data={"distance": "-1"})])
    world.moment = TWO_DAYS_AFTER
    world.bill()
    world.moment += timedelta(hours=1)
    assert world.decide(f"{EV}.001", "rejected", "ben").outcome == "decided"
    world.moment += timedelta(hours=1)
    world.reconcile()
    world.moment += timedelta(hours=1)
    world.credit_and_approve(f"{INC}.{JANUARY}.UA")
    world.moment += timedelta(days=1)
    published(world)
    said = metrics_of(world)
    by_hand = {
        "deciding_hours p95": "1.0",
        "reconciliation_hours median": "50.0",
        "credited USD": "5001.61",
        "credited billing_error USD": "5001.61",
        "credit_ratio_percent USD": "100.0",
        "credit_note_percent": "100.0",
        "exceptions": "2",
        "exceptions credit_note": "1",
        "exceptions credit_memo_inflation": "1",
        "leak_found credit_memo_inflation USD": "5001.61",
        "leak_prevented usage_not_billed USD": "0",
        "open_exceptions": "0",
        "quarantined_events": "1",
        "days_sales_outstanding USD": None,
        "payment_hours median": "48.0",
    }
    assert {name: said.get(name, "not there") for name in by_hand} == by_hand
    assert "receivables USD" not in said


def test_a_day_is_the_same_when_it_is_computed_again_after_later_facts(world: MeasuredWorld) -> None:
    published(world)
    kept = {day: world.objects.get(figures_key(INC, day)) for day in days_of(world)}
    world.credit_and_approve(f"{INC}.{JANUARY}.UA")
    world.ingest([flight(9, day="2013-02-04")])
    world.moment += timedelta(days=2)
    again = MeasuredWorld(accounts={"UA", "EV"})
    again.take_after(world)
    again.positions = MemoryPositions()
    for day in kept:
        again.remove_object(figures_key(INC, day))
    published(again)
    assert {day: again.objects.get(figures_key(INC, day)) for day in kept} == kept
    assert len(days_of(again)) == len(kept) + 2
    credited = metrics_of(again)
    assert credited["credit_note_percent"] == "50.0", "one credit note to two invoices, on a later day"


def one_block_a_call(world: MeasuredWorld) -> None:
    for _ in range(500):
        if published(world, time=timedelta(0)).is_complete:
            return
    raise AssertionError


def died_after_each_day(world: MeasuredWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> bool:
        raise InterruptedError

    with monkeypatch.context() as dying:
        dying.setattr(StandingBook, "keep", die)
        with pytest.raises(InterruptedError):
            published(world)
    published(world)


def with_a_lost_standing(world: MeasuredWorld) -> None:
    """One that does not read, then one that is gone: each time it begins anew."""
    published(world)
    (key,) = world.objects.keys(f"insights/standing/{INC}/")
    world.objects.items[key] = b"spoilt"
    published(world)
    world.remove_object(key)
    published(world)


@pytest.mark.parametrize("way", ["one block a call", "died before it was kept", "twice", "a standing is lost"])
def test_figures_are_the_same_however_often_a_call_ends(
    world: MeasuredWorld, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = MeasuredWorld(accounts={"UA", "EV"})
    other.take_after(world)
    ways: dict[str, Callable[[], object]] = {
        "one block a call": lambda: one_block_a_call(other),
        "died before it was kept": lambda: died_after_each_day(other, monkeypatch),
        "twice": lambda: (published(other), published(other)),
        "a standing is lost": lambda: with_a_lost_standing(other),
    }
    published(world)
    ways[way]()
    assert days_of(other) == days_of(world) != {}


def counted(read: Callable[..., object], name: str, reads: list[str]) -> Callable[..., object]:
    def counting(*places: object, **terms: object) -> object:
        reads.append(name)
        return read(*places, **terms)

    return counting


def test_a_call_reads_what_is_new_and_not_the_history(world: MeasuredWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing new: the list of chains and the next block of each, however much was recorded before."""
    assert published(world).blocks > 30
    reads: list[str] = []
    for name in ("get", "query"):
        monkeypatch.setattr(world.audit, name, counted(getattr(world.audit, name), name, reads))
    chains = [name for name in world.chain.names() if name.startswith(f"{INC}/")]
    reads.clear()
    done = published(world)
    assert done.blocks == 0
    assert reads.count("get") <= len(chains) + 2, "of each chain the next block is asked for"
    assert reads.count("query") <= len(chains) + 1, "the list of chains, and blocks that are too new"


def test_the_commands_print_report_and_recompute(world: MeasuredWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world))
    published(world)

    def run(*words: str) -> str:
        said = CliRunner().invoke(cli.app, ["insights", *words, "-e", INC])
        assert said.exit_code == 0, said.output
        return said.output

    printed = run("days", "2013-02-01", "2013-02-28")
    assert "touchless_percent" in printed
    assert "50 percent" in printed
    lines = run("days", "2013-01-15", "2013-02-28", "--by-month", "--csv").splitlines()
    assert f"{INC},2013-02-01,2013-02-28,touchless_percent,,,,percent,50,," in lines
    assert "2013-02-03: " in run("recompute", "2013-02-03")
    before_and_after = run("compare", "2013-02-03", "--days", "1", "--csv")
    assert f"{INC},2013-02-03,2013-02-03,invoices,,,,number,2,," in before_and_after
    assert f"{INC},2013-02-02,2013-02-02,invoices,,,,number,0,," in before_and_after
    assert "runs missing" in run("promises")
    key = figures_key(INC, date(2013, 2, 3))
    world.objects.items[key] = b"no Parquet"
    with pytest.raises(ObjectUnreadable):
        list(read_days(world.objects, INC, date(2013, 2, 3), date(2013, 2, 3)))
    world.objects.items[key] = parquet_of((FigureRow(figure="released", number=3),))
    said = CliRunner().invoke(cli.app, ["insights", "recompute", "2013-02-03", "-e", INC])
    assert said.exit_code == 1
    assert "not those of the records" in str(said.exception)


def test_days_are_those_of_the_legal_entitys_time_zone() -> None:
    """In New York it is the 2nd until five o'clock UTC on the 3rd."""
    world = MeasuredWorld(accounts={"UA"})
    world.ingest([flight(1)])
    world.moment = TWO_DAYS_AFTER - timedelta(minutes=1)
    entity: LegalEntity = world.directory.legal_entity(INC)
    assert str(entity.time_zone) == "America/New_York"
    world.bill()
    world.moment += timedelta(days=1)
    published(world)
    released = {day for day, rows in days_of(world).items() if any(row.figure == "released" for row in rows)}
    assert released == {date(2013, 2, 2)}
