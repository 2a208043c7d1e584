"""What must always be true."""

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billproof.ledger.rules import invoice_entry
from billproof.money import CONTEXT, Money, Rounding, allocate, total
from billproof.periods import DateRange, Period
from billproof.pricing.models.base import Used, price_steps
from billproof.pricing.models.graduated import Graduated
from billproof.pricing.models.package import Package
from billproof.pricing.models.per_unit import PerUnit
from billproof.pricing.models.volume import Volume
from billproof.proration import Proration
from billproof.usage.aggregation import aggregate
from tests.support.levels import LEVEL
from tests.support.usage_plans import ask, plan
from tests.support.world import INC, JANUARY, World, flight

SLOW = settings(max_examples=15 * LEVEL, deadline=None, suppress_health_check=[HealthCheck.too_slow])
quantities = st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False, allow_infinity=False)
prices = st.decimals(min_value=0, max_value=1_000, places=9, allow_nan=False, allow_infinity=False)
amounts = st.integers(min_value=-(10**12), max_value=10**12).map(
    lambda cents: Money.of(Decimal(cents).scaleb(-2), "USD")
)
weights = st.lists(st.decimals(min_value=0, max_value=1_000, places=3), min_size=1, max_size=12).filter(any)


@st.composite
def tiers(draw: st.DrawFn) -> list[dict[str, Any]]:
    bounds = sorted(draw(st.sets(st.integers(min_value=1, max_value=10**6), min_size=0, max_size=5)))
    return [
        {"up_to": bound, "unit_price": draw(prices), "flat_fee": draw(st.integers(min_value=0, max_value=100))}
        for bound in [*bounds, None]
    ]


def amount(price: Any, quantity: Decimal) -> Decimal:
    return sum((step.amount for step in price_steps(price, Used(quantity))), Decimal(0))


@given(amounts, weights)
def test_allocation_loses_nothing(whole: Money, shares: list[Decimal]) -> None:
    allocated = allocate(whole, shares)
    assert total(allocated, "USD") == whole
    assert all(share.is_zero for share, weight in zip(allocated, shares, strict=True) if weight == 0)


@given(amounts, st.decimals(min_value=-1_000, max_value=1_000, places=6))
def test_rounding_is_symmetric(whole: Money, exact: Decimal) -> None:
    for rounding in Rounding:
        assert Money.rounded(-exact, "USD", rounding) == -Money.rounded(exact, "USD", rounding)
    assert (whole + -whole).is_zero


@given(tiers(), quantities, quantities)
def test_graduated_prices_never_fall(terms: list[dict[str, Any]], one: Decimal, other: Decimal) -> None:
    price = Graduated.model_validate({"tiers": terms})
    low, high = sorted((one, other))
    assert amount(price, low) <= amount(price, high)


@given(tiers(), quantities)
def test_graduated_tiers_hold_every_unit_once(terms: list[dict[str, Any]], quantity: Decimal) -> None:
    steps = price_steps(Graduated.model_validate({"tiers": terms}), Used(quantity))
    assert sum(step.quantity for step in steps) == quantity


@given(prices, quantities)
def test_one_tier_is_per_unit(unit_price: Decimal, quantity: Decimal) -> None:
    terms = {"tiers": [{"up_to": None, "unit_price": unit_price}]}
    expected = amount(PerUnit(unit_price=unit_price), quantity)
    assert amount(Graduated.model_validate(terms), quantity) == expected
    assert amount(Volume.model_validate(terms), quantity) == expected


@given(st.integers(min_value=1, max_value=1_000), quantities)
def test_packages_hold_all_units_and_none_is_empty(size: int, quantity: Decimal) -> None:
    (step,) = price_steps(Package.model_validate({"package_size": size, "package_price": "1"}), Used(quantity))
    assert step.quantity * size >= quantity
    assert step.quantity == 0 or (step.quantity - 1) * size < quantity


@given(prices, st.lists(st.integers(min_value=1, max_value=30), min_size=0, max_size=6))
def test_the_parts_of_a_period_are_the_whole(fee: Decimal, cuts: list[int]) -> None:
    january = Period.month(JANUARY)
    days = [date(2013, 1, 1), *(date(2013, 1, 1 + cut) for cut in sorted(set(cuts))), date(2013, 2, 1)]
    parts = [
        Proration.of(DateRange(start=start, end=end), january).share(fee) for start, end in itertools.pairwise(days)
    ]
    assert sum(Proration.of(DateRange(start=a, end=b), january).days_covered for a, b in itertools.pairwise(days)) == 31
    shared = Decimal(0)
    for part in parts:
        shared = CONTEXT.add(shared, part)
    assert abs(shared - fee) < Decimal("1e-80")


events = st.lists(
    st.builds(
        flight,
        st.integers(min_value=1, max_value=5),
        account=st.sampled_from(["UA", "B6"]),
        day=st.sampled_from(["2013-01-05", "2013-01-06"]),
        data=st.fixed_dictionaries({"distance": st.sampled_from(["1", "2.5", "0.1"])}),
    ),
    min_size=1,
    max_size=12,
)


def used(found: list[dict[str, Any]], per_message: int) -> tuple[list[Any], World]:
    world = World()
    world.ingest(found, per_message=per_message)
    asked = (ask("count"), ask("sum", "distance"), ask("distinct", "tail_number"), ask("max", "distance"))
    return aggregate(plan(*asked, accounts=("UA", "B6")), objects=world.objects), world


@SLOW
@given(events, st.randoms(use_true_random=False), st.integers(min_value=1, max_value=12))
def test_aggregation_does_not_depend_on_order_batching_or_repetition(found: list[Any], random: Any, size: int) -> None:
    """Unless two events of one id differ: then the first received counts, so only those without conflict are mixed."""
    unique = list({event["id"]: event for event in found}.values())
    mixed = unique + random.choices(unique, k=3)
    random.shuffle(mixed)
    once, _ = used(unique, per_message=100)
    again, _ = used(mixed, per_message=size)
    for one, other in zip(once, again, strict=True):
        assert one.quantities == other.quantities
        assert one.counts.distinct == other.counts.distinct
    assert sum(usage.counts.duplicate for usage in again) == 3


@SLOW
@given(events)
def test_every_copy_of_every_event_is_accounted_for(found: list[Any]) -> None:
    usage, world = used(found, per_message=4)
    counts = [each.counts for each in usage]
    assert sum(count.copies for count in counts) == len(found)
    for count in counts:
        assert count.copies == count.distinct + count.duplicate + count.conflicting
    assert used_again(world) == usage


def used_again(world: World) -> list[Any]:
    asked = (ask("count"), ask("sum", "distance"), ask("distinct", "tail_number"), ask("max", "distance"))
    return aggregate(plan(*asked, accounts=("UA", "B6")), objects=world.objects)


@SLOW
@given(events)
def test_every_invoice_adds_up_and_every_entry_balances(found: list[Any]) -> None:
    world = World(accounts={"UA", "B6"})
    world.ingest(found)
    world.bill()
    chart = world.directory.legal_entity(INC).chart_of_accounts
    for facts in world.register.of_period(INC, JANUARY):
        assert facts.released is not None
        invoice = world.invoice(facts.released.invoice)
        assert invoice.totals.net + invoice.totals.tax == invoice.totals.gross
        entry = invoice_entry(invoice, facts.released, chart)
        assert total((line.amount for line in entry.lines), "USD").is_zero
        assert entry.on(chart.receivable) == invoice.totals.gross
    world.post_all()
    assert world.reconcile().variances == ()
