"""What a reading of a meter finds: by transaction, price, day, part of a period, condition, level and percentile."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.masterdata.meters import Aggregation, Meter
from billproof.pricing.models.base import Used, amount_of, price_steps
from billproof.pricing.models.percentage import Percentage, transactions_of
from billproof.pricing.transactions import tally
from billproof.quantities import QuantityRounding, QuantityRule
from billproof.readings import Quantity, Reading, Transactions
from billproof.usage.aggregation import aggregate
from billproof.usage.levels import Begin, weighted_sum
from billproof.usage.model import AccountUsage, AccountWindow, AggregationPlan, AskedAggregate, PartWindow
from tests.support.world import World, flight

START, END = "2013-01-01T05:00:00.000000Z", "2013-02-01T05:00:00.000000Z"
ANY = ("{}",)


def asked(aggregation: str = "sum", value: str | None = "distance", **more: Any) -> AskedAggregate:
    reading = Reading(meter="m", **{name: more.pop(name) for name in list(more) if name in Reading.model_fields})
    return AskedAggregate(
        meter="m",
        event_type="flight.departed",
        aggregation=Aggregation(aggregation),
        value_property=value,
        reading=reading,
        **more,
    )


def usage(world: World, *asks: AskedAggregate, **window: Any) -> AccountUsage:
    fields: dict[str, Any] = {
        "account": "UA",
        "batch": "b",
        "period": "2013-01",
        "start": START,
        "end": END,
        "after": "",
        "before": "2014",
        "metered": {"flight.departed": ANY},
        "excluded_types": (),
    }
    days = (*(f"2013-01-{day:02d}" for day in range(1, 32)), "2013-02-01")
    plan = AggregationPlan(
        run="r",
        bucket=0,
        received_before="2014",
        days=days,
        windows=(AccountWindow(**{**fields, **window}),),
        asked=asks,
        period="2013-01",
    )
    (found,) = aggregate(plan, objects=world.objects)
    return found


def found(world: World, ask: AskedAggregate, **window: Any) -> list[Quantity]:
    return list(usage(world, ask, **window).quantities)


def at(moment: datetime, number: int, **data: Any) -> dict[str, Any]:
    return flight(number, time=moment.isoformat(), data=data)


FIRST = datetime(2013, 1, 2, tzinfo=UTC)
TERMS = st.builds(
    Percentage,
    percent=st.sampled_from(["0", "0.333", "1", "2.9", "7"]),
    fixed_fee=st.sampled_from(["0", "0.30"]),
    free_transactions=st.one_of(st.none(), st.integers(min_value=0, max_value=4)),
    free_amount=st.one_of(st.none(), st.sampled_from(["0", "25.5", "100"])),
    minimum=st.sampled_from([None, "0.40", "1"]),
    maximum=st.sampled_from([None, "1", "3.33"]),
)
AMOUNTS = st.lists(st.decimals(min_value=0, max_value=200, places=2), max_size=8)


@settings(max_examples=25, deadline=None)
@given(terms=TERMS, amounts=AMOUNTS)
def test_the_log_counts_transactions_as_the_rule_says(terms: Percentage, amounts: list[Decimal]) -> None:
    world = World()
    events = [
        at(FIRST + timedelta(minutes=number), number, distance=f"{amount:f}") for number, amount in enumerate(amounts)
    ]
    world.ingest(reversed(events))
    transactions = transactions_of(terms)
    counted = found(world, asked(transactions=transactions))
    assert [each.tally for each in counted] == ([tally(amounts, transactions)] if amounts else [])


@given(terms=TERMS, amounts=AMOUNTS)
def test_bands_of_transactions_price_as_each_of_them_alone(terms: Percentage, amounts: list[Decimal]) -> None:
    used = Used(tally=tally(amounts, transactions_of(terms)))
    assert amount_of(price_steps(terms, used)) == sum(fees_one_by_one(terms, amounts), Decimal(0))


def fees_one_by_one(terms: Percentage, amounts: list[Decimal]) -> list[Decimal]:
    """The rule of docs/pricing.md, transaction by transaction."""
    fees, before = [], Decimal(0)
    for place, amount in enumerate(amounts):
        counted = terms.free_transactions is not None or terms.free_amount is not None
        counted = counted and (terms.free_transactions is None or place < terms.free_transactions)
        room = amount if terms.free_amount is None else max(terms.free_amount - before, Decimal(0))
        free = min(amount, room) if counted else Decimal(0)
        before += amount
        if counted and (terms.free_amount is None or before <= terms.free_amount):
            continue
        fee = (amount - free) * terms.percent / 100 + terms.fixed_fee
        if terms.minimum is not None:
            fee = max(fee, terms.minimum)
        if terms.maximum is not None:
            fee = min(fee, terms.maximum)
        fees.append(fee)
    return fees


def test_late_transactions_take_their_place_in_time() -> None:
    world = World()
    world.ingest([at(FIRST + timedelta(hours=2), 2, distance="50"), at(FIRST + timedelta(hours=1), 1, distance="60")])
    (counted,) = found(world, asked(transactions=Transactions(free_transactions=1)))
    assert counted.tally is not None
    assert (counted.tally.free_amount, counted.tally.amount) == (Decimal(60), Decimal(50))


def test_quantities_by_the_price_that_events_carry() -> None:
    world = World()
    world.publish(
        Meter(
            id="sold",
            version=1,
            name="Sold",
            unit="miles",
            event_type="flight.departed",
            aggregation=Aggregation.SUM,
            value_property="distance",
            price_property="rate",
        )
    )
    counts = world.ingest(
        [
            flight(1, data={"rate": "0.12"}),
            flight(2, data={"rate": "0.12"}),
            flight(3, data={"rate": "0.5", "distance": "3"}),
            flight(4),
            flight(5, data={"rate": "free"}),
        ]
    )
    assert (counts.accepted, counts.quarantined) == (3, 2)
    (priced,) = found(world, asked(by_price=True, price_property="rate"))
    assert [(each.unit_price, each.quantity) for each in priced.prices] == [
        (Decimal("0.12"), Decimal(2000)),
        (Decimal("0.5"), Decimal(3)),
    ]
    assert (priced.quantity, priced.events) == (Decimal(2003), 3)


def test_the_most_of_each_local_day() -> None:
    world = World()
    midnight = datetime(2013, 1, 1, 5, tzinfo=UTC)
    days = tuple(f"{midnight + timedelta(days=day):%Y-%m-%dT%H:%M:%S.000000Z}" for day in range(4))
    world.ingest(
        [
            at(midnight, 1, distance="7"),
            at(midnight + timedelta(hours=23, minutes=59), 2, distance="9"),
            at(midnight + timedelta(days=2), 3, distance="4"),
        ]
    )
    (level,) = found(world, asked(by_day=True), end=days[-1], days=days)
    assert (level.days, level.quantity) == ((Decimal(9), Decimal(9), Decimal(4)), Decimal(9))


def test_a_part_of_a_period_is_measured_apart() -> None:
    world = World()
    world.ingest([flight(1, day="2013-01-09"), flight(2, day="2013-01-10"), flight(3, day="2013-01-31")])
    cut = "2013-01-10T05:00:00.000000Z"
    parts = (PartWindow(name="one", start=START, end=cut), PartWindow(name="two", start=cut, end=END))
    measured = usage(world, asked("count", None), parts=parts)
    assert {each.part: each.quantity for each in measured.quantities} == {"": 3, "one": 1, "two": 2}
    assert (measured.counts.copies, measured.counts.metered) == (3, 3)


def test_only_events_count_that_meet_a_condition_and_the_others_are_orphans() -> None:
    world = World()
    world.ingest(flight(number, data={"origin": origin}) for number, origin in enumerate(["EWR", "JFK", "JFK", "LGA"]))
    where = {"origin": ("EWR", "JFK")}
    condition = '{"origin":["EWR","JFK"]}'
    measured = usage(world, asked("count", None, where=where), metered={"flight.departed": (condition,)})
    assert [each.quantity for each in measured.quantities] == [3]
    assert (measured.metered_types, measured.orphan_types) == ({"flight.departed": 3}, {"flight.departed": 1})
    both = usage(world, asked("count", None, where=where), metered={"flight.departed": (condition, "{}")})
    assert both.orphan_types == {}


def test_a_level_counts_for_the_time_that_it_holds() -> None:
    world = World()
    start, end = "2013-01-01T00:00:00.000000Z", "2013-01-31T00:00:00.000000Z"
    world.ingest(
        [
            at(datetime(2013, 1, 1, tzinfo=UTC), 1, distance="10"),
            at(datetime(2013, 1, 16, tzinfo=UTC), 2, distance="30"),
            at(datetime(2013, 1, 30, 12, tzinfo=UTC), 3, distance="0"),
        ]
    )
    (level,) = found(world, asked("weighted_sum"), start=start, end=end)
    assert level.quantity == Decimal("19.5")  # (10 x 15 + 30 x 14.5) / 30 days
    assert found(World(), asked("weighted_sum"), start=start, end=end) == []


def test_a_level_before_its_first_event_is_zero_and_thirds_are_rounded_once() -> None:
    levels = [("2013-01-02T00:00:00.000000Z", Decimal(1))]
    days = Begin("2013-01-01T00:00:00.000000Z", "2013-01-04T00:00:00.000000Z", None, is_replaced=False)
    share = weighted_sum(levels, [days])
    assert share == Decimal("0.666666666666667")


@pytest.mark.parametrize(
    ("percentile", "values", "expected"),
    [
        ("50", ["15", "20", "35", "40", "50"], "35"),  # the worked example of nearest rank
        ("30", ["15", "20", "35", "40", "50"], "20"),
        ("40", ["15", "20", "35", "40", "50"], "20"),
        ("100", ["15", "20", "35", "40", "50"], "50"),
        ("95", ["9", "10"], "10"),
        ("0.000001", ["9", "10"], "9"),
    ],
)
def test_percentiles_are_of_the_nearest_rank(percentile: str, values: list[str], expected: str) -> None:
    world = World()
    world.ingest(flight(number, data={"distance": value}) for number, value in enumerate([*values, None]))
    (measured,) = found(world, asked("percentile", percentile=percentile))
    assert measured.quantity == Decimal(expected)


def test_readings_group_by_properties() -> None:
    world = World()
    world.ingest(
        flight(number, data={"origin": origin, "distance": distance})
        for number, (origin, distance) in enumerate([("EWR", "5"), ("JFK", "7"), ("JFK", "9")])
    )
    for ask in (
        asked("percentile", percentile="100", group_by=("origin",)),
        asked(transactions=Transactions(), group_by=("origin",)),
        asked("weighted_sum", group_by=("origin",)),
    ):
        measured = found(world, ask)
        assert [each.dimension for each in measured] == [{"origin": "EWR"}, {"origin": "JFK"}]
        assert all(each.quantity > 0 for each in measured)


@pytest.mark.parametrize(
    ("rule", "quantity", "expected"),
    [
        ({"divide_by": "1000", "decimals": 0, "rounding": "up"}, "1001", "2"),
        ({"divide_by": "1000", "decimals": 0, "rounding": "down"}, "1999", "1"),
        ({"multiply_by": "60", "decimals": 1, "rounding": "half_up"}, "0.0025", "0.2"),
        ({"decimals": 0, "rounding": "half_even"}, "2.5", "2"),
        ({"decimals": 0, "rounding": "half_up"}, "-2.5", "-3"),
        ({"divide_by": "3", "rounding": "half_even"}, "1", "0.333333333333333"),
    ],
)
def test_quantities_are_converted_and_rounded_by_rule(rule: dict[str, Any], quantity: str, expected: str) -> None:
    assert QuantityRule.model_validate(rule).apply(Decimal(quantity)) == Decimal(expected)


def test_a_meter_rounds_what_it_measured() -> None:
    world = World()
    world.ingest([flight(1, data={"distance": "10.4"}), flight(2, data={"distance": "10.4"})])
    rounding = QuantityRule(decimals=0, rounding=QuantityRounding.UP)
    (measured,) = found(world, asked(rounding=rounding))
    assert measured.quantity == 21


def test_values_of_one_account_that_cannot_be_added_spare_the_others() -> None:
    world = World()
    world.ingest([flight(number, data={"distance": "9" * 23}) for number in range(2)])
    measured = usage(world, asked(transactions=Transactions()), asked())
    assert (measured.out_of_range, measured.quantities) == (("m",), ())
