"""Runs that compare what accounts send with the month before: what is held, what is told, and what is kept."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from billproof.completeness.gathering import Gathering
from billproof.findings import Severity
from billproof.pipeline.artefacts import CHECK_WARNINGS, PROFILE, Artefacts
from billproof.pipeline.model import CheckWarnings
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof.usage.aggregation import aggregate
from billproof.usage.extras import Extras
from billproof.usage.keys import bucket_name
from billproof.usage.profiles import Profile
from tests.support.completeness import RUN, check, control_total
from tests.support.profiles_by_hand import Sent, profile
from tests.support.usage_plans import ask, plan
from tests.support.world import INC, World, flight

pytestmark = pytest.mark.long

FEBRUARY = f"{INC}-2013-02-001"
ACCOUNTS = ("UA", "WN", "B6")
type Event = dict[str, Any]


def flights(month: str, days: int) -> Iterator[Event]:
    """Yield three flights a day of each account, of 300 to 349 miles."""
    for day in range(1, days + 1):
        for place, account in enumerate(ACCOUNTS):
            for hour in range(3):
                miles = str(300 + (17 * day + 5 * hour + place) % 50)
                date = f"{month}-{day:02d}"
                yield flight(
                    hour, account=account, day=date, time=f"{date}T{10 + hour}:00:00-05:00", data={"distance": miles}
                )


@cache
def january() -> World:
    world = World(accounts=set(ACCOUNTS))
    world.ingest(list(flights("2013-01", 31)), per_message=500)
    world.bill()
    return world


def after_january(february: list[Event]) -> World:
    """Return a world in which January is billed, and February is sent."""
    world = World(accounts=set(ACCOUNTS), master_data=False)
    world.take_after(january())
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.ingest(february, per_message=500)
    return world


def kept(world: World, run: str) -> dict[tuple[str, str, str, str], Profile]:
    artefacts = Artefacts(world.objects)
    parts = [artefacts.read(PROFILE, run, part) for part in artefacts.parts(PROFILE, run)]
    return {one.key: one for part in parts for one in part.profiles}


def test_the_database_counts_what_is_counted_by_hand() -> None:
    world = World(accounts=set(ACCOUNTS))
    events = [*flights("2013-01", 31)][9:-20]  # New York's first of January begins within a day of UTC
    again = [{**event, "id": f"again-{event['id']}"} for event in events[:40:3]]
    world.ingest([*events, *again, *events[:9]], per_message=500)
    check(world)
    sent: dict[str, list[Sent]] = defaultdict(list)
    for event in [*events, *again]:
        moment = int(event["time"][11:13])
        sent[event["subject"]].append(Sent(int(event["time"][8:10]), moment, Decimal(event["data"]["distance"])))
    hours: dict[str, list[str]] = defaultdict(list)  # 10:00 in New York is 15:00 in UTC
    for event in again:
        hours[event["subject"]].append(f"{event['time'][:10]}T{int(event['time'][11:13]) + 5}")
    of_distance = {key[0]: one for key, one in kept(world, RUN).items() if key[3] == "distance"}
    assert of_distance.keys() == sent.keys()
    for account, one in of_distance.items():
        by_hand = profile(account, sent[account], "test/operations", "flight.departed", "distance").model_copy(
            update={"first_repeated": min(hours[account])}
        )
        assert one.model_copy(update={"total": by_hand.total}) == by_hand
        assert one.total == by_hand.total


def test_every_property_that_a_meter_measures_has_a_profile_and_a_count_alone_has_one_without_values() -> None:
    world = World(accounts=set(ACCOUNTS))
    world.ingest(list(flights("2013-01", 3)), per_message=500)
    two, none = Extras(), Extras()
    asked = (ask("count"), ask("sum", "distance"), ask("max", "air_time"))
    for extras, wanted in ((two, asked), (none, asked[:1])):
        aggregate(plan(*wanted, accounts=ACCOUNTS), objects=world.objects, extras=extras)
    assert [(one.account, one.value_property) for one in two.profiles] == [
        (account, name) for account in ACCOUNTS for name in ("air_time", "distance")
    ]
    assert {(one.events, one.most, one.at_most) for one in two.profiles if one.value_property == "air_time"} == {
        (6, Decimal(120), 9)  # the first of three days is no whole one
    }
    assert [(one.account, one.value_property, one.events, one.values) for one in none.profiles] == [
        (account, "", 6, 0) for account in ACCOUNTS
    ]


@pytest.mark.parametrize("miles", ["0", "0.000000000000001", "99999999999999999999999"])
def test_values_of_every_size_have_a_profile(miles: str) -> None:
    world = World(accounts=set(ACCOUNTS))
    world.ingest([flight(number, data={"distance": miles}) for number in range(100)])
    check(world)
    (one,) = kept(world, RUN).values()
    value = Decimal(miles)
    assert one.sized == (100 if value else 0)
    assert one.most == one.most.copy_abs()
    assert abs(one.total - 100 * value) <= 100 * value / 10**8


@pytest.mark.parametrize("text", ["inf", "-Infinity", "nan", "1e300", "1e-320", "-5", "N12"])
def test_what_is_no_quantity_of_a_later_meter_has_no_size_and_its_bucket_is_counted(text: str) -> None:
    """A property that no meter measured was taken as it came; then a meter of it was published and billed by."""
    world = World(accounts=set(ACCOUNTS))
    world.ingest([flight(1, data={"weight": text}), flight(2, account="WN", data={"weight": "7"})])
    extras = Extras()
    _, other = aggregate(plan(ask("sum", "weight"), accounts=("UA", "WN")), objects=world.objects, extras=extras)
    assert [one.quantity for one in other.quantities] == [Decimal(7)]
    assert {one.account: one.sized for one in extras.profiles} == {"UA": 0, "WN": 1}


def test_a_month_like_the_one_before_goes_on() -> None:
    world = after_january(list(flights("2013-02", 28)))
    assert check(world, FEBRUARY).findings == ()


def test_events_that_a_regular_source_does_not_send_hold_the_run_with_what_they_are_worth() -> None:
    sent = list(flights("2013-02", 28))
    world = after_january([event for number, event in enumerate(sent) if number % 10])
    found = check(world, FEBRUARY)
    (finding,) = found.findings
    assert (finding.code, finding.severity, finding.account) == ("usage_irregular", Severity.BLOCKING, "")
    assert finding.path == "test/operations/flight.departed"
    assert "3 of 3 accounts, such as " in finding.message
    assert found.outcome == "incomplete"
    assert finding.amount_at_risk is not None
    assert finding.amount_at_risk.amount > 0
    assert found.amount_at_risk == finding.amount_at_risk


def in_thousands(events: list[Event]) -> list[Event]:
    """Return events of which every tenth has a thousandth of its miles."""
    return [
        {**event, "data": {**event["data"], "distance": f"0.{event['data']['distance']}"}}
        if number % 10 == 0
        else event
        for number, event in enumerate(events)
    ]


def rounded_down(event: Event) -> Event:
    return {**event, "data": {**event["data"], "distance": str(int(event["data"]["distance"]) // 25 * 25)}}


def cut_off(event: Event) -> Event:
    return {**event, "data": {**event["data"], "distance": str(min(int(event["data"]["distance"]), 315))}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (in_thousands, "usage_resized"),
        (lambda sent: [rounded_down(event) for event in sent], "usage_rounded"),
        (lambda sent: [cut_off(event) for event in sent], "usage_cut"),
        (lambda sent: [*sent, *({**one, "id": f"x{one['id']}"} for one in sent[::7])], "usage_repeated"),
    ],
    ids=["unit", "rounded", "cut", "twice"],
)
def test_values_and_copies_that_are_not_as_before_hold_the_run(
    change: Callable[[list[Event]], list[Event]], code: str
) -> None:
    world = after_january(change(list(flights("2013-02", 28))))
    found = check(world, FEBRUARY)
    held = {finding.code: finding for finding in found.findings if finding.severity is Severity.BLOCKING}
    assert code in held
    assert held[code].amount_at_risk is not None
    assert found.outcome == "incomplete"


def totals(events: list[Event]) -> list[Event]:
    """Return what a source states of events hour by hour."""
    hours = Counter(event["time"][:13] for event in events)
    return [control_total(number, time=f"{hour[:11]}{int(hour[11:]) + 5:02d}:00:00Z") for hour, number in hours.items()]


def test_what_a_control_total_tells_already_is_a_warning_and_is_counted_once() -> None:
    sent = list(flights("2013-02", 28))
    world = after_january([*totals(sent), *(event for number, event in enumerate(sent) if number % 10)])
    found = check(world, FEBRUARY)
    told = {finding.code: finding for finding in found.findings}
    assert told["control_total_gap"].severity is Severity.BLOCKING
    assert told["usage_irregular"].severity is Severity.WARNING
    assert found.amount_at_risk == told["control_total_gap"].amount_at_risk is not None


def test_what_shows_in_two_ways_is_at_risk_once() -> None:
    sent = list(flights("2013-02", 28))
    world = after_january([*sent, *({**one, "id": f"x{one['id']}"} for one in sent[::2])])
    found = check(world, FEBRUARY)
    amounts = {finding.code: finding.amount_at_risk for finding in found.findings}
    assert amounts.keys() == {"usage_irregular", "usage_repeated"}
    assert found.amount_at_risk in amounts.values()


def one_more_a_day() -> list[Event]:
    sent = list(flights("2013-02", 28))
    extra = [
        flight(9, account="B6", day=f"2013-02-{day:02d}", data={"distance": str(300 + day)}) for day in range(1, 29)
    ]
    return [*sent, *extra]


def billed_with_a_warning() -> World:
    world = after_january(one_more_a_day())
    statement = world.bill(INC, "2013-02")
    told = [finding for finding in statement.findings if finding.code == "usage_irregular"]
    assert [(finding.account, finding.severity) for finding in told] == [("B6", Severity.WARNING)]
    assert told[0].amount_at_risk is not None
    return world


def test_what_one_account_does_is_told_in_the_statement_and_holds_nothing() -> None:
    world = billed_with_a_warning()
    kinds = {difference.kind for difference in prove_run(FEBRUARY, stores=world.stores()).differences}
    assert kinds <= {DifferenceKind.NOT_POSTED}


def test_a_warning_that_is_taken_away_breaks_the_proof() -> None:
    world = billed_with_a_warning()
    Artefacts(world.objects).write(CHECK_WARNINGS, FEBRUARY, CheckWarnings(run=FEBRUARY, findings=()))
    kinds = {difference.kind for difference in prove_run(FEBRUARY, stores=world.stores()).differences}
    assert DifferenceKind.STATEMENT in kinds
    del world.objects.items[CHECK_WARNINGS.key(FEBRUARY)]
    wheres = {difference.where for difference in prove_run(FEBRUARY, stores=world.stores()).differences}
    assert CHECK_WARNINGS.key(FEBRUARY) in wheres


def test_a_profile_that_is_gone_is_named_and_everybody_is_billed() -> None:
    world = after_january(list(flights("2013-02", 28)))
    key = PROFILE.key(RUN, bucket_name(min(map(int, Artefacts(world.objects).parts(PROFILE, RUN)))))
    world.objects.items[key] = b"?"
    statement = world.bill(INC, "2013-02")
    assert [finding.path for finding in statement.findings if finding.code == "object_unreadable"] == [key]
    assert all(world.register.released(f"{INC}.2013-02.{account}") for account in ACCOUNTS)


def test_who_sends_every_hour_is_as_ever_where_a_month_begins_within_a_day_and_loses_an_hour() -> None:
    """New York's March has 743 hours; its first and last day of UTC are cut."""
    asked = plan(ask("count"), accounts=("UA", "B6"))
    months = {"2013-02": ("01T05", "2013-03-01T05", 28), "2013-03": ("01T05", "2013-04-01T04", 31)}
    shapes = []
    for name, (start, end, days) in months.items():
        world = World(accounts={"UA", "B6"})
        hours = [f"{name}-{day:02d}T{hour:02d}" for day in range(1, days + 1) for hour in range(24)]
        hours += [f"{end[:10]}T{hour:02d}" for hour in range(int(end[-2:]))]
        wanted = [hour for hour in hours if hour >= f"{name}-{start}"]
        world.moment = datetime(2013, 4, 3, tzinfo=UTC)
        world.ingest(
            [flight(account=account, id=hour, time=f"{hour}:00:00Z") for account in ("UA", "B6") for hour in wanted],
            per_message=500,
        )
        edges = {"start": f"{name}-{start}:00:00.000000Z", "end": f"{end}:00:00.000000Z", "period": name}
        windows = tuple(window.model_copy(update=edges) for window in asked.windows)
        extras, all_days = Extras(), sorted({hour[:10] for hour in wanted})
        update = {"windows": windows, "days": tuple(all_days), "period": name}
        aggregate(asked.model_copy(update=update), objects=world.objects, extras=extras)
        assert {(one.usual, one.usual_days, one.days) for one in extras.profiles} == {(24, days - 1, days - 1)}
        shapes.append(extras.profiles)
    for before in (shapes[0], None):
        gathering = Gathering()
        gathering.add(shapes[1], before)
        assert list(gathering.changes()) == []
