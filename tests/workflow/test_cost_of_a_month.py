"""What a month costs is measured on the functions' own handlers, and estimated from what was measured."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from billproof.ids import shard_of
from billproof.insights.publishing import MOST_ACCOUNTS
from billproof_ops.cli_costs import app
from billproof_ops.costs.estimate import ALARMS, DASHBOARDS, MOST_MEASURED, Company, CostShare, Measured, estimate
from billproof_ops.costs.prices import Kept, Prices, cost_of
from billproof_ops.paths import ROOT
from billproof_ops.template import read_template
from tests.bench import cost, load
from tests.bench.meter import item_bytes

pytestmark = pytest.mark.long

PRICES, MEASURED = Prices.read(), Measured.read()
SMALL = Company(events=1_000_000, accounts=160, invoices=160)


def test_a_month_is_played_through_the_cost_meter_with_everything_that_is_billed() -> None:
    played = cost.play(cost.Month(accounts=2, events=600, events_a_call=600, buckets=3))
    units = played.units
    assert played.counts["invoice"] == 2
    in_use = {shard_of(load.account_name(number), 3) for number in range(2)}
    assert units["ingest_usage"]["s3 put or list"] == len(in_use), "an object for each bucket that has an account"
    assert units["post_to_erp"]["sqs request"] == 2
    assert {stage for stages in cost.PARTS.values() for stage in stages} <= units.keys()
    for part in ("ingest_usage", "release_invoices", "post_to_erp", "deliver_invoice"):
        assert {"lambda GB-second", "cpu second", "log byte", "xray trace", "dynamodb write"} <= units[part].keys()
    assert units["compact_usage"]["s3 byte"] > 0
    assert played.calls["dynamodb TransactWriteItems"] > 0


def test_what_is_measured_covers_every_part_and_what_it_grows_with() -> None:
    assert MEASURED.parts.keys() == cost.PARTS.keys()
    assert {"event", "call", "bucket"} <= MEASURED.parts["ingestion"].keys()
    assert {"invoice", "line", "batch", "bucket", "base"} <= MEASURED.parts["run"].keys()
    units = {unit for things in MEASURED.parts.values() for numbers in things.values() for unit in numbers}
    assert units - {price.unit for price in PRICES.prices} == {"cpu second"}, "which Lambda bills as GB-seconds"


def test_an_item_is_as_large_as_aws_says_in_its_documentation() -> None:
    item = {"id": {"S": "é"}, "n": {"N": "-12.50"}, "m": {"M": {"a": {"BOOL": True}}}, "l": {"L": [{"NULL": True}]}}
    assert item_bytes(item) == (2 + 2) + (1 + 3) + (1 + 3 + 1 + 1 + 1) + (1 + 3 + 1 + 1)


def test_what_is_kept_is_billed_for_as_long_as_it_is_kept_and_calls_are_billed_once() -> None:
    units = {"s3 byte": Decimal(2**30), "s3 get": Decimal(1_000)}
    costs = {
        price.what: number for price, number in cost_of(units, PRICES, days={Kept.DATA: 3044, Kept.LOGS: 90}).items()
    }
    assert costs["GET"] == Decimal("0.0004")
    assert costs["storage"].quantize(Decimal("0.001")) == Decimal("2.300")


def test_twice_as_much_costs_twice_as_much_beside_what_stands() -> None:
    small = SMALL.model_copy(update={"unbilled_minutes": 0})
    once = estimate(small, prices=PRICES, measured=MEASURED)
    twice = estimate(small.model_copy(update={"invoices": 320, "accounts": 320}), prices=PRICES, measured=MEASURED)
    assert twice.of(CostShare.USAGE) == once.of(CostShare.USAGE)
    assert twice.of(CostShare.STANDING) == once.of(CostShare.STANDING)
    assert once.of(CostShare.INVOICES) < twice.of(CostShare.INVOICES) < 2 * once.of(CostShare.INVOICES)
    assert once.total == sum((once.of(share) for share in CostShare), Decimal(0))


def test_smaller_calls_of_ingestion_cost_more() -> None:
    many = estimate(SMALL.model_copy(update={"events_a_call": 100}), prices=PRICES, measured=MEASURED)
    few = estimate(SMALL, prices=PRICES, measured=MEASURED)
    assert many.of(CostShare.USAGE) > 5 * few.of(CostShare.USAGE)


def test_measuring_what_is_unbilled_costs_by_how_often_and_not_beyond_what_one_call_can() -> None:
    """30 million events a month of 200 accounts, every four minutes: docs/metrics.md has the arithmetic."""
    company = Company(events=30_000_000, accounts=200, invoices=200)
    never = estimate(company.model_copy(update={"unbilled_minutes": 0}), prices=PRICES, measured=MEASURED).total
    hourly = estimate(company, prices=PRICES, measured=MEASURED).total - never
    near = estimate(company.model_copy(update={"unbilled_minutes": 4}), prices=PRICES, measured=MEASURED).total - never
    assert round(near / hourly) == 15
    assert f"about ${near:.0f} a month" in (ROOT / "docs" / "metrics.md").read_text()
    assert MOST_MEASURED == MOST_ACCOUNTS
    large = company.model_copy(update={"accounts": MOST_ACCOUNTS + 1})
    totals = {
        estimate(large.model_copy(update={"unbilled_minutes": often}), prices=PRICES, measured=MEASURED).total
        for often in (0, 4, 60)
    }
    assert len(totals) == 1


def test_the_template_has_as_many_alarms_and_dashboards_as_are_estimated() -> None:
    types = Counter(resource["Type"] for resource in read_template()["Resources"].values())
    assert (types["AWS::CloudWatch::Alarm"], types["AWS::CloudWatch::Dashboard"]) == (ALARMS, DASHBOARDS)


def test_the_command_prints_a_table_and_json_of_the_same_total(tmp_path: Path) -> None:
    arguments = ["--events", "1000000", "--accounts", "160"]
    table = CliRunner().invoke(app, arguments)
    answer = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    assert table.exit_code == 0
    total = estimate(SMALL, prices=PRICES, measured=MEASURED).total
    assert Decimal(answer["total"]) == total.quantize(Decimal("0.0001"))
    assert str(total.quantize(Decimal("0.01"))) in table.output
    free = PRICES.model_copy(update={"prices": ()})
    (tmp_path / "free.json").write_text(free.model_dump_json())
    mine = CliRunner().invoke(app, [*arguments, "--json", "--prices", str(tmp_path / "free.json")])
    assert json.loads(mine.output)["total"] == "0.0000"


def test_a_file_that_is_no_file_of_prices_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text("{}")
    result = CliRunner().invoke(app, ["--events", "1", "--accounts", "1", "--prices", str(tmp_path / "wrong.json")])
    assert "wrong.json" in str(result.exception)


@pytest.mark.parametrize("price", PRICES.prices, ids=lambda price: f"{price.service} {price.what}")
def test_every_price_names_its_source(price: object) -> None:
    assert getattr(price, "source", "").startswith("https://aws.amazon.com/")
