"""How a month went, in figures that were worked out by hand."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof.approvals.policy import MatchingRules
from billproof.insights.durations import Durations, durations_of
from billproof.insights.process import ProcessMetrics
from billproof_ops import cli, insights
from billproof_ops.target import Target
from tests.support.balances import JAN
from tests.support.cash import by_number, cash_world, desk_of, number_of, receipt, usd
from tests.support.world import INC, JANUARY, World, flight

TWO_DAYS_AFTER = datetime(2013, 2, 3, 5, tzinfo=UTC)
"""48 hours after the end of January in New York."""
EV = f"{INC}.{JANUARY}.EV"


def measured(world: World) -> ProcessMetrics:
    return insights.process(SimpleNamespace(ports=world), INC, JANUARY)  # type: ignore[arg-type]


def hours(number: int, median: str | None, p95: str | None) -> Durations:
    return Durations(
        number=number,
        median_hours=None if median is None else Decimal(median),
        p95_hours=None if p95 is None else Decimal(p95),
    )


@pytest.fixture
def world() -> World:
    """UA is released at once; EV is held, decided half an hour later, and both are posted 90 minutes after that."""
    world = World(accounts={"UA", "EV"})
    world.publish(world.directory.contracts("EV")[0].model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1), flight(1, account="EV", type="flight.cancelled")])
    world.moment = TWO_DAYS_AFTER
    world.bill()
    world.moment += timedelta(minutes=30)
    return world


def go_on(world: World) -> None:
    assert world.decide(f"{EV}.001", "approved", "ben").outcome == "decided"
    assert world.apply(f"{EV}.001").outcome == "released"
    world.moment += timedelta(minutes=90)
    world.post_all()
    world.settle()


def test_a_month_of_which_one_invoice_needed_a_person(world: World) -> None:
    go_on(world)
    found = measured(world)
    assert (found.invoices, found.released, found.touchless) == (2, 2, 1)
    assert (found.touchless_percent, found.held_percent) == (Decimal("50.0"), Decimal("50.0"))
    assert found.release == hours(2, "48.0", "48.5")
    assert found.posting == hours(2, "1.5", "2.0")
    assert found.deciding == hours(1, "0.5", "0.5")
    assert (found.payment, found.waiting, found.oldest_waiting) == (hours(0, None, None), 0, None)
    assert all(cause.open == 0 for cause in found.causes)
    assert sum(cause.number for cause in found.causes) >= 1


def test_what_waits_is_counted_under_each_of_its_findings(world: World) -> None:
    found = measured(world)
    assert (found.invoices, found.released, found.touchless_percent) == (2, 1, Decimal("100.0"))
    assert (found.waiting, found.deciding) == (1, hours(0, None, None))
    state = world.exception_store.state(f"{EV}.001")
    assert found.oldest_waiting == state.opened.opened_at
    assert {cause.finding for cause in found.causes} == {finding.code for finding in state.opened.findings}
    assert {(cause.number, cause.open) for cause in found.causes} == {(1, 1)}
    assert {cause.at_risk for cause in found.causes} == {(state.opened.amount,) if state.opened.amount else ()}


def test_an_invoice_is_paid_on_the_day_since_which_nothing_is_open() -> None:
    """30.00 are issued on the 1st of February: 12.00 are paid on the 5th, the rest on the 11th, ten days after."""
    world = cash_world(JAN)
    for amount, on in (("12.00", date(2013, 2, 5)), ("18.00", date(2013, 2, 11))):
        arrived = receipt(usd(amount), f"{on}", remittance=number_of(world, JAN), booked_on=on.isoformat())
        desk_of(world, today=on).take(arrived, by_number, MatchingRules())
    world.moment = datetime(2013, 2, 10, tzinfo=UTC)
    assert measured(world).payment == hours(0, None, None)
    world.moment = datetime(2013, 3, 1, tzinfo=UTC)
    assert measured(world).payment == hours(1, "240.0", "240.0")


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ((), hours(0, None, None)),
        ((3,), hours(1, "0.1", "0.1")),
        ((2,), hours(1, "0.0", "0.0")),
        (range(60, 1260, 60), hours(20, "10.0", "19.0")),
        (range(60, 1320, 60), hours(21, "11.0", "20.0")),
    ],
)
def test_percentiles_are_by_nearest_rank(minutes: Iterable[int], expected: Durations) -> None:
    assert durations_of(timedelta(minutes=each) for each in reversed(list(minutes))) == expected


def test_the_command_prints_the_figures(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on(world)
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world))
    said = CliRunner().invoke(cli.app, ["insights", "process", JANUARY, "-e", INC])
    assert said.exit_code == 0, said.output
    assert "1 (50.0 %)" in said.output
    assert "median 48.0 h, 95 % within 48.5 h, of 2" in said.output
    as_json = CliRunner().invoke(cli.app, ["insights", "process", JANUARY, "-e", INC, "--json"])
    assert ProcessMetrics.model_validate_json(as_json.output) == measured(world)
