"""Service periods that stay with the month that billed them, as the record of an invoice keeps them."""

import json
from datetime import date

import pytest

from billproof.adapters.aws.transactions import ITEM_LIMIT
from billproof.contracts.billed_in import MOST_PLAIN, BilledIn
from billproof.invoicing.model import BillingSlot, PeriodBilling
from billproof.periods import Period, add_months


def stay(number: int, month: int) -> BilledIn:
    start = add_months(date(2013, 1, 1), month)
    end, before = add_months(start, 1), add_months(start, -1)
    return BilledIn(contract="contract-2013-000001", charge=f"module-{number}", start=start, end=end, month=before)


def billing(stays: list[BilledIn]) -> PeriodBilling:
    slot = BillingSlot(period="2014-01", ordinal=0, billed_in=tuple(stays))
    period = Period.month("2014-01")
    return PeriodBilling(**slot.model_dump(), invoice=f"inc.{period.name}.UA", number="1", run="inc-2014-01-001")


@pytest.mark.parametrize("count", [0, 1, MOST_PLAIN, MOST_PLAIN + 1])
def test_what_stays_is_read_as_it_was_written(count: int) -> None:
    written = billing([stay(number, number % 12) for number in range(count)])
    assert PeriodBilling.model_validate(written.model_dump(mode="json")) == written
    assert PeriodBilling.model_validate_json(written.model_dump_json()) == written


def test_a_few_are_kept_one_by_one() -> None:
    kept = billing([stay(1, 1)]).model_dump(mode="json")["billed_in"]
    assert [(one["start"], one["end"], one["month"]) for one in kept] == [("2013-02-01", "2013-03-01", "2013-01-01")]


def test_an_item_holds_those_of_the_largest_contract() -> None:
    """2,000 charges, billed in advance for two months, and in arrears from their first day on: 480 KB as they are."""
    largest = billing([stay(number, month) for number in range(2_000) for month in (1, 2)])
    assert len(json.dumps([one.model_dump(mode="json") for one in largest.billed_in])) > ITEM_LIMIT
    assert len(largest.model_dump_json()) < ITEM_LIMIT / 10
