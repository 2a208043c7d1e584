"""A value that came before its meter was published is measured exactly where ingestion would accept it today."""

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.masterdata.meters import Meter
from billproof.readings import Reading, Transactions
from billproof.usage.aggregation import aggregate
from billproof.usage.compacted import object_key, read_compaction, write_compaction
from billproof.usage.compaction import compact_day
from billproof.usage.extras import Extras
from billproof.usage.manifests import new_manifest
from billproof.usage.model import AccountUsage, AggregationPlan, AskedAggregate
from tests.support.amended import JAN, bill, publish, world_with
from tests.support.charges import charge, fee
from tests.support.usage_plans import END, START, plan
from tests.support.world import World, flight

DAY = "2013-01-05"
REFUSED = [
    *("-5", "+7", "1e3", "1E3", "1_000", " 7", "7 ", "\t7", "7\n", "01", "00", ".5", "5.", "1,5", "0x10", ""),
    *("inf", "-inf", "Infinity", "nan", "NaN", "1e300", "9" * 24, "1." + "1" * 16, "٣", "\uff17", "1\u0000", "true"),
]
ACCEPTED = ["0", "7", "0.5", "12.340", "9" * 22, "0." + "0" * 14 + "1", "1." + "2" * 15 + "000", "1." + "0" * 40]
DAY_BY_DAY = {"before": "", "days": (START, "2013-01-06T05:00:00.000000Z", END)}
texts = st.one_of(
    st.sampled_from([*REFUSED, *ACCEPTED]),
    st.from_regex(r"[ +-]?[0-9_]{0,25}(\.[0-9_]{0,17})?([eE][+-]?[0-9]{1,3})?[ \n]?", fullmatch=True),
    st.text("0123456789._-+eEinfa \n\u0663", max_size=8),
)

READINGS = {
    "sum": Reading(meter="odd"),
    "max": Reading(meter="odd"),
    "latest": Reading(meter="odd"),
    "weighted_sum": Reading(meter="odd"),
    "percentile": Reading(meter="odd"),
}


def meter(aggregation: str = "sum", **changes: Any) -> Meter:
    percentile = {"percentile": "100"} if aggregation == "percentile" else {}
    fields: dict[str, Any] = {
        "id": "odd",
        "version": 1,
        "name": "Odd",
        "unit": "unit",
        "event_type": "flight.departed",
        "aggregation": aggregation,
        "value_property": "odd",
    }
    return Meter.model_validate({**fields, **percentile, **changes})


def asked(of: Meter, reading: Reading) -> AskedAggregate:
    fields = ("event_type", "aggregation", "value_property", "price_property", "percentile", "where")
    return AskedAggregate(meter=of.id, reading=reading, **{name: getattr(of, name) for name in fields})


def sent(properties: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [flight(number, data=data) for number, data in enumerate(properties)]


def measured(world: World, one: AskedAggregate, *, compacted: bool) -> AccountUsage:
    """Aggregate all that a world has, from its segments or from the days that were compacted with the meter."""
    world_plan = plan(one).model_copy(update={"stated": (one,), "known_ids": ""})
    manifest = new_manifest(world.objects, "r", (0,), world_plan.days, "now")
    world.objects.put(manifest.key, manifest.data)
    whole: AggregationPlan = world_plan.model_copy(
        update={"manifest": manifest.key, "windows": (world_plan.windows[0].model_copy(update=DAY_BY_DAY),)}
    )
    extras = Extras()
    (usage,) = aggregate(whole, objects=world.objects, extras=extras, reads_compacted=compacted)
    return usage


def before_and_after(properties: list[dict[str, str]], of: Meter, reading: Reading) -> tuple[list[AccountUsage], World]:
    """Measure events that came before the meter, from segments and compacted; and the world that got them after it."""
    early, late = World(accounts={"UA"}), World(accounts={"UA"})
    early.ingest(sent(properties))
    for world in (early, late):
        world.publish(of)
    late.ingest(sent(properties))
    compact_day(0, DAY, objects=early.objects, meters=early.directory.meters())
    one = asked(of, reading)
    return [measured(early, one, compacted=compacted) for compacted in (False, True)], late


@settings(max_examples=6)
@given(values=st.lists(texts, min_size=20, max_size=60), aggregation=st.sampled_from(sorted(READINGS)))
def test_what_came_before_its_meter_is_measured_as_what_comes_after_it(values: list[str], aggregation: str) -> None:
    of = meter(aggregation)
    early, late = before_and_after([{"odd": value} for value in values], of, READINGS[aggregation])
    accepted = measured(late, asked(of, READINGS[aggregation]), compacted=False)
    refused = len(values) - accepted.counts.copies
    for usage in early:
        assert usage.unread_values == ({"odd": refused} if refused else {})
        assert quantity(usage) == quantity(accepted)


def quantity(usage: AccountUsage) -> Decimal:
    return sum((measured.quantity for measured in usage.quantities), Decimal(0))


def test_the_texts_that_ingestion_accepts_are_measured_and_no_others() -> None:
    early, _ = before_and_after([{"odd": value} for value in [*REFUSED, *ACCEPTED]], meter(), READINGS["sum"])
    added = sum((Decimal(value) for value in ACCEPTED), Decimal(0))
    assert [(quantity(usage), usage.unread_values) for usage in early] == [(added, {"odd": len(REFUSED)})] * 2


@pytest.mark.parametrize("price", ["-1", "1e3", None])
def test_an_event_without_a_price_that_ingestion_accepts_is_not_measured(price: str | None) -> None:
    priced: dict[str, str] = {"odd": "3"} if price is None else {"odd": "3", "rate": price}
    of = meter(price_property="rate")
    early, _ = before_and_after([{"odd": "2", "rate": "0.5"}, priced], of, Reading(meter="odd", by_price=True))
    for usage in early:
        (by_price,) = usage.quantities
        assert [(one.unit_price, one.quantity) for one in by_price.prices] == [(Decimal("0.5"), Decimal(2))]
        assert usage.unread_values == {"odd": 1}


def test_single_transactions_and_days_are_read_by_the_same_rule() -> None:
    for of, reading in (
        (meter(), Reading(meter="odd", transactions=Transactions())),
        (meter("max"), Reading(meter="odd", by_day=True)),
    ):
        early, _ = before_and_after([{"odd": "5"}, {"odd": "1e3"}], of, reading)
        assert [(quantity(usage), usage.unread_values) for usage in early] == [(Decimal(5), {"odd": 1})] * 2


def test_days_that_were_compacted_with_lenient_quantities_are_read_by_their_texts() -> None:
    world = World(accounts={"UA"})
    world.ingest(sent([{"odd": "1e3"}, {"odd": "2"}]))
    world.publish(meter())
    compact_day(0, DAY, objects=world.objects, meters=world.directory.meters())
    forget_strictness(world)
    usage = measured(world, asked(meter(), READINGS["sum"]), compacted=True)
    assert (quantity(usage), usage.unread_values) == (Decimal(2), {"odd": 1})


def forget_strictness(world: World) -> None:
    """Put a compaction in place that an older version of the product wrote, which took `1e3` for a quantity."""
    (key,) = world.objects.keys("compactions/")
    known = read_compaction(world.objects, key)
    with tempfile.TemporaryDirectory() as folder:
        path, old = Path(folder) / "day.parquet", Path(folder) / "old.parquet"
        path.write_bytes(world.objects.get(known.object))
        rows = duckdb.read_parquet(str(path))
        lenient = rows.project("* replace (try_cast(data->>'odd' as decimal(38, 15)) as quantity_odd)")
        assert len(lenient.filter("quantity_odd = 1000").fetchall()) == 1
        lenient.write_parquet(str(old))
        content = old.read_bytes()
    named = object_key(0, DAY, content)
    world.objects.put(named, content)
    properties = tuple(one.model_copy(update={"strict": False, "complete": True}) for one in known.properties)
    write_compaction(world.objects, known.model_copy(update={"object": named, "properties": properties}))
    del world.objects.items[key]


def test_an_account_with_such_values_is_held_and_no_other_until_its_source_corrects_them() -> None:
    world = world_with(fee("1"))
    values = [flight(number, account=account, data={"odd": "1e3"}) for number, account in enumerate(("UA", "UA", "B6"))]
    world.ingest(values)
    world.publish(meter())
    publish(world, charge("odd", {"model": "per_unit", "unit_price": "2"}, meter="odd"))
    findings = [finding for finding in world.bill().findings if finding.severity == "blocking"]
    assert [(finding.code, finding.account) for finding in findings] == [("value_not_a_quantity", "UA")]
    assert "2 of odd" in findings[0].message
    world.ingest([flight(0, id="right", corrects=values[0]["id"], data={"odd": "3"})])
    world.ingest([flight(1, id="gone", retracts=values[1]["id"])])
    assert bill(world, JAN) == {"odd:2013-01": "6.00"}  # three units at 2.00
