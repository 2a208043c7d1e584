"""What a policy promises of the process, and that each promise that does not hold is counted."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from billproof import metric_reading
from billproof.approvals.model import Kind
from billproof.approvals.policy import Policy
from billproof.controls import catalogue
from billproof.errors import NotFound, ObjectUnreadable
from billproof.insights.keeping import exposure_key
from billproof.insights.leakage import CAUSES, LeakCause, cause_of
from billproof.insights.promises import KeptPromises, share_unbilled
from billproof.insights.publishing import publish_metrics
from billproof.insights.standing import ProcessStanding
from billproof.metric_reading import publishing_sources
from billproof.money import Money
from billproof.nets import begin, object_in
from billproof.pipeline.exposure import Exposure
from billproof.reconciliation.sums import report_key
from billproof.settings import Settings
from functions.publish_metrics import app
from tests.support.invoking import Context
from tests.support.metrics import LONG, MeasuredWorld, published
from tests.support.world import INC, JANUARY, flight

CUT_OFF = datetime(2013, 2, 2, 12, tzinfo=UTC)
"""When January no longer takes usage: its last day is over everywhere, and 24 hours more."""
BILLED = datetime(2013, 2, 3, 5, tzinfo=UTC)


def promised(world: MeasuredWorld, **terms: object) -> None:
    policy = world.directory.policy(INC)
    document = policy.model_dump(mode="json") | {"version": policy.version + 1, "promises": terms}
    world.publish(Policy.model_validate(document))


def looked_at(world: MeasuredWorld) -> KeptPromises:
    promises = published(world).promises
    assert promises is not None
    return promises


@pytest.fixture
def world() -> MeasuredWorld:
    world = MeasuredWorld(accounts={"UA", "EV"})
    world.ingest([flight(1)])
    return world


@pytest.mark.parametrize(("hours", "missing"), [(23, ()), (25, (JANUARY,))])
def test_a_month_without_a_run_is_missing_after_the_promised_hours(
    world: MeasuredWorld, hours: int, missing: tuple[str, ...]
) -> None:
    world.moment = CUT_OFF + timedelta(hours=hours)
    assert looked_at(world).runs_missing == missing


def test_a_run_that_started_is_not_missing(world: MeasuredWorld) -> None:
    world.moment = CUT_OFF + timedelta(hours=30)
    world.bill()
    assert looked_at(world).runs_missing == ()


@pytest.mark.parametrize(("hours", "late"), [(23, 0), (25, 2)])
def test_an_invoice_that_is_not_posted_within_the_promised_hours_is_late(
    world: MeasuredWorld, hours: int, late: int
) -> None:
    world.moment = BILLED
    world.bill()
    world.moment += timedelta(hours=hours)
    assert looked_at(world).postings_late == late
    world.post_all()
    world.moment += timedelta(hours=1)
    assert looked_at(world).postings_late == 0


def test_a_variance_is_overdue_after_the_promised_days(world: MeasuredWorld) -> None:
    """Nothing is posted: invoices of the 1st of February are missed on the 9th for eight days, on the 11th for ten."""
    world.moment = BILLED
    world.bill()
    report = world.reconcile()
    assert report.variances
    assert looked_at(world).variances_overdue == 0
    world.moment += timedelta(days=6)
    before = looked_at(world).variances_overdue
    world.moment += timedelta(days=2)
    after = looked_at(world).variances_overdue
    assert (before, after) == (0, len(report.variances) + len(report.unsettled))
    promised(world, variance_days=30)
    assert looked_at(world).variances_overdue == 0


def test_a_reconciliation_that_does_not_read_hides_no_other_promise(world: MeasuredWorld) -> None:
    world.moment = CUT_OFF + timedelta(hours=25)
    world.objects.items[report_key(INC, JANUARY)] = b"?"
    call = begin("t-1")
    assert looked_at(world).runs_missing == (JANUARY,)
    assert [(type(error), object_in(error)) for error in call.caught] == [(ObjectUnreadable, report_key(INC, JANUARY))]


def test_unbilled_usage_that_cannot_be_computed_hides_no_promise(world: MeasuredWorld) -> None:
    world.moment = CUT_OFF + timedelta(hours=25)
    world.settle()
    sources = publishing_sources(world, INC)  # type: ignore[arg-type]

    def impossible(_period: str) -> Exposure:
        raise OverflowError

    call = begin("t-1")
    told = publish_metrics(replace(sources, exposure=impossible), deadline=world.now() + LONG)
    assert told.promises is not None
    assert told.promises.runs_missing == (JANUARY,)
    assert {type(error) for error in call.caught} == {OverflowError}


def test_a_run_whose_balance_cannot_be_computed_is_unbalanced_and_nothing_stops(
    world: MeasuredWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.moment = BILLED
    world.bill()
    world.moment += timedelta(minutes=5)

    def impossible(*_run: str, **_stores: object) -> None:
        raise OverflowError

    monkeypatch.setattr(metric_reading, "balance_run", impossible)
    told = published(world)
    assert (told.unbalanced, told.promises is None) == ((f"{INC}-{JANUARY}-001",), False)
    assert published(world).unbalanced == ()


def test_what_of_a_billed_month_is_not_billed_is_shown_as_a_share() -> None:
    """UA's invoice is over the limit and held: all of the month's worth is not billed, until somebody approves it."""
    world = MeasuredWorld(accounts={"UA"})
    policy = world.directory.policy(INC)
    limit = {"version": policy.version + 1, "thresholds": {"invoice_limit": {"USD": "100"}}}
    world.publish(Policy.model_validate(policy.model_dump(mode="json") | limit))
    world.ingest([flight(1)])
    world.moment = BILLED
    world.bill()
    world.moment += timedelta(hours=1)
    first = looked_at(world)
    assert (first.unbilled_percent, first.is_unbilled_over) == (Decimal(100), True)
    promised(world, unbilled_percent="100")
    world.moment += timedelta(hours=1)
    assert (looked_at(world).unbilled_percent, looked_at(world).is_unbilled_over) == (Decimal(100), False)
    assert world.approve_all()
    world.moment += timedelta(hours=1)
    assert looked_at(world).unbilled_percent is None


def test_what_is_not_billed_is_measured_as_often_as_is_set_and_as_a_day_ends() -> None:
    world = MeasuredWorld(accounts={"UA"})
    world.ingest([flight(1)])
    world.moment = datetime(2013, 2, 3, 3, 30, tzinfo=UTC)
    measured = []
    for minutes in (0, 30, 35, 30, 15):
        world.moment += timedelta(minutes=minutes)
        measured.append(published(world).exposure is not None)
    assert measured == [True, False, True, True, False], "five o'clock is midnight in New York: the day ended"
    kept = world.objects.get(exposure_key(INC, date(2013, 2, 2)))
    assert Exposure.model_validate_json(kept).period == "2013-02"
    world.settings = Settings({"UNBILLED_EVERY_MINUTES": "0", "CUT_OFF_GRACE_HOURS": "24"})
    world.moment += timedelta(minutes=90)
    assert published(world).exposure is None


def test_the_share_that_is_not_billed_is_the_largest_of_its_currencies() -> None:
    """25 of 100 dollars and 1 of 3 euros are not billed: 33.3 %."""
    standing = ProcessStanding(legal_entity=INC, time_zone="UTC")
    standing.billed = {JANUARY: {"USD": Decimal(75), "EUR": Decimal(2)}}
    exposure = Exposure(
        legal_entity=INC,
        period=JANUARY,
        at="",
        totals=(Money.of(Decimal(25), "USD"), Money.of(Decimal(1), "EUR")),
        accounts=(),
        rolled_up=0,
        counted=0,
        released=0,
        newer_segments=0,
    )
    assert share_unbilled(standing, exposure) == Decimal("33.3")


def test_a_statement_that_does_not_balance_is_told_once(world: MeasuredWorld) -> None:
    """A draft's artefact of the run is gone: what it held is in no place."""
    world.moment = BILLED
    world.bill()
    world.moment += timedelta(minutes=5)
    other = MeasuredWorld(accounts={"UA", "EV"})
    other.take_after(world)
    other.moment = world.moment
    assert published(world).unbalanced == ()
    (gone, *_) = [key for key in other.objects.keys(f"runs/{INC}-{JANUARY}-001/") if "/priced/" in key]
    other.remove_object(gone)
    assert published(other).unbalanced == (f"{INC}-{JANUARY}-001",)
    other.moment += timedelta(minutes=5)
    assert published(other).unbalanced == ()


def test_the_function_counts_what_does_not_hold(world: MeasuredWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.moment = CUT_OFF + timedelta(hours=25)
    answer = app.handler({}, Context(), world)
    assert {one["legal_entity"] for one in answer["entities"]} == set(world.directory.entity_ids())
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    counted = {name: value for line in metrics for name, value in line.items() if "legal_entity" not in line}
    assert sum(counted["RunsMissing"]) >= 1
    gauges = [line for line in metrics if "legal_entity" in line]
    assert all(isinstance(line["UnbilledUSD"], list) for line in gauges if line["legal_entity"] == INC)
    assert not any(isinstance(value, float) for line in metrics for value in line.values())


def test_a_legal_entity_that_there_is_not_has_no_metrics(world: MeasuredWorld) -> None:
    with pytest.raises(NotFound, match="there is no legal entity nobody"):
        app.handler({"legal_entity": "nobody"}, Context(), world)


def test_no_call_fits_that_names_anything_else(world: MeasuredWorld) -> None:
    with pytest.raises(Exception, match="month"):
        app.handler({"month": JANUARY}, Context(), world)


@pytest.mark.parametrize(
    ("kind", "codes", "cause"),
    [
        (Kind.INVOICE, ("tax_registration", "unpriced_meter"), LeakCause.USAGE),
        (Kind.INVOICE, ("tax_registration",), LeakCause.OTHER),
        (Kind.RUN, ("control_total_gap",), LeakCause.USAGE),
        (Kind.VARIANCE, ("amount",), LeakCause.RECONCILIATION),
        (Kind.CREDIT_NOTE, ("credit_ratio",), LeakCause.CREDIT),
        (Kind.CONTRACT, (), LeakCause.CONTRACT),
        (Kind.INVOICE, ("month_not_billed",), LeakCause.DELAY),
    ],
)
def test_an_exception_has_one_cause(kind: Kind, codes: tuple[str, ...], cause: LeakCause) -> None:
    assert cause_of(kind, codes) is cause


NO_LEAK = {
    "tax_registration",
    "certificate_too_long",
    "invoice_over_limit",
    "duplicate_invoice",
    "paid_before_rate_change",
}


def test_each_control_has_a_cause_or_is_known_to_protect_from_no_leak() -> None:
    names = {path.stem for path in Path(str(catalogue.__file__)).parent.glob("*.py")} - {"__init__"}
    assert names - set(CAUSES) == NO_LEAK


def test_promises_that_say_nothing_change_no_policy(world: MeasuredWorld) -> None:
    policy = world.directory.policy(INC)
    assert "promises" not in policy.model_dump(mode="json")
    assert policy.promises.unbilled_percent == Decimal(1)
