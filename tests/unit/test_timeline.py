"""Which terms govern which days."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.contracts.timeline import governing, in_force, timelines
from billproof.errors import UnpriceableCharge
from billproof.model import decimal_text
from billproof.periods import DateRange, Period
from billproof.pricing.models.flat import Flat
from tests.support.contracts import contract

JANUARY = Period.month("2013-01")


def fees(*versions: Contract) -> list[tuple[str, str, str]]:
    (timeline,) = timelines(versions, JANUARY)
    return [
        (str(span.days.start), str(span.days.end or ""), decimal_text(span.term.price.amount))
        for span in timeline.of_charge("fee")
        if isinstance(span.term.price, Flat)
    ]


def at(amount: str) -> dict[str, Any]:
    return {"price": {"model": "flat", "amount": amount}}


def test_a_version_governs_until_a_higher_one_does() -> None:
    second = contract(2, "2013-01-10", charges=[at("120")])
    assert fees(second, contract()) == [("2012-01-01", "2013-01-10", "100"), ("2013-01-10", "", "120")]


def test_a_backdated_version_replaces_those_that_were_there() -> None:
    second = contract(2, "2013-01-10", charges=[at("120")])
    third = contract(3, "2012-06-01", charges=[at("90")])
    assert fees(contract(), second, third) == [("2012-01-01", "2012-06-01", "100"), ("2012-06-01", "", "90")]


def test_what_a_version_repeats_goes_on_and_remembers_when_it_began() -> None:
    (timeline,) = timelines([contract(), contract(2, "2013-01-10")], JANUARY)
    (span,) = timeline.charges
    assert (span.days, span.begun, span.contract.version) == (
        DateRange(start=date(2012, 1, 1)),
        date(2012, 1, 1),
        2,
    )


def test_a_version_that_ends_leaves_no_older_one_behind() -> None:
    second = contract(2, "2013-01-10", end="2013-02-01", charges=[at("120")])
    assert fees(contract(), second)[-1] == ("2013-01-10", "2013-02-01", "120")
    assert governing([contract(), second], JANUARY.next()) == []


def test_a_dropped_charge_ends_and_an_added_one_begins() -> None:
    with_more = contract(2, "2013-01-10", charges=[{}, {"id": "more"}])
    (timeline,) = timelines([contract(), with_more, contract(3, "2013-01-20")], JANUARY)
    (more,) = timeline.of_charge("more")
    assert more.days == DateRange(start=date(2013, 1, 10), end=date(2013, 1, 20))
    assert more.begun == date(2013, 1, 10)


def test_versions_that_change_the_money_or_the_clock_are_refused() -> None:
    for change in ({"currency": "EUR"}, {"time_zone": "Europe/Rome"}):
        with pytest.raises(UnpriceableCharge, match="changes its currency or time zone"):
            timelines([contract(), contract(2, "2013-01-10", **change)], JANUARY)


def test_a_version_that_never_governed_may_say_what_it_likes() -> None:
    wrong = contract(1, currency="EUR", time_zone="Europe/Rome")
    (timeline,) = timelines([wrong, contract(2)], JANUARY)
    assert timeline.currency == "USD"
    assert governing([wrong, contract(2)], JANUARY) == [contract(2)]
    assert in_force([wrong, contract(2), contract(3, "2013-02-01")], JANUARY) == {"K": 2}


def test_versions_before_and_after_the_period_are_kept_while_the_contract_is_in_force() -> None:
    mine = [contract(1, "2011-01-01"), contract(2), contract(3, "2013-03-01")]
    assert governing(reversed(mine), JANUARY) == mine
    assert governing([*mine, contract(4, "2010-01-01")], JANUARY) == [contract(4, "2010-01-01")]
    assert governing([contract(1, "2013-02-01")], JANUARY) == []
    assert governing([contract(1, "2012-01-01", end="2013-01-01")], JANUARY) == []


def test_a_charge_remembers_when_it_began_over_versions_that_follow_one_another() -> None:
    found = governing([contract(), contract(2, "2013-01-01", charges=[at("120")])], JANUARY)
    (timeline,) = timelines(found, JANUARY)
    assert [(span.begun, span.days.start) for span in timeline.charges if span.touches(JANUARY)] == [
        (date(2012, 1, 1), date(2013, 1, 1))
    ]


def test_the_version_in_force_is_the_last_of_the_period() -> None:
    (timeline,) = timelines([contract(), contract(2, "2013-01-31"), contract(3, "2013-02-01")], JANUARY)
    version = timeline.in_force(JANUARY)
    assert version is not None
    assert version.version == 2
    assert timeline.in_force(Period.month("2011-12")) is None
    (several,) = timelines([contract(), contract(2, "2013-01-10"), contract(3, "2013-01-20")], JANUARY)
    assert several.in_force(JANUARY) == contract(3, "2013-01-20")
    (alone,) = timelines([contract()], JANUARY)
    assert alone.in_force(JANUARY) == contract()


@pytest.mark.parametrize(
    ("renewal", "amount"),
    [
        ({"uplift_percent": "5"}, "110.25"),
        ({"uplift_percent": "5", "term_months": 24}, "105"),
        ({"uplift_amount": "7"}, "114"),
        ({"uplift_percent": "0.333", "price_decimals": 2}, "100.66"),
        ({"index": [{"start": "2011-01-01", "value": "80"}, {"start": "2012-06-01", "value": "100"}]}, "125"),
        ({"index": [{"start": "2012-01-01", "value": "80"}, {"start": "2012-06-01", "value": "90"}]}, "112.5"),
        ({"uplift_percent": "0.5", "price_decimals": 0, "term_months": 24}, "101"),
    ],
)
def test_prices_rise_with_every_renewal(renewal: dict[str, Any], amount: str) -> None:
    terms = contract(renewal={"renews_on": "2012-07-01", "automatic": True, **renewal})
    (timeline,) = timelines([terms], Period.month("2013-07"))
    spans = [span for span in timeline.charges if span.touches(Period.month("2013-07"))]
    assert [span.term.price.amount for span in spans if isinstance(span.term.price, Flat)] == [Decimal(amount)]


def test_a_charge_that_ends_does_not_renew_on_its_last_day() -> None:
    ended = {"effective": {"start": "2012-01-01", "end": "2013-07-01"}}
    terms = contract(charges=[ended], renewal={"renews_on": "2012-07-01", "uplift_percent": "5", "automatic": True})
    (timeline,) = timelines([terms], Period.month("2013-06"))
    assert [str(span.days.start) for span in timeline.charges] == ["2012-01-01", "2012-07-01"]


def test_a_version_that_begins_on_a_renewal_states_the_renewed_prices() -> None:
    renewal = {"renews_on": "2012-01-01", "uplift_percent": "5", "automatic": True}
    assert fees(contract(renewal=renewal))[0] == ("2012-01-01", "2013-01-01", "100")


def test_a_ramp_starts_renewals_anew() -> None:
    ramp = [{"start": "2012-10-01", "price": {"model": "flat", "amount": "200"}}]
    renewal = {"renews_on": "2012-07-01", "uplift_percent": "10", "automatic": True}
    terms = contract(charges=[{"ramp": ramp}], renewal=renewal)
    assert [amount for _, _, amount in fees(terms)] == ["100", "110", "200", "220", "242"]


def test_a_charge_whose_days_change_is_the_same_charge() -> None:
    longer = contract(2, "2013-01-10", charges=[{"effective": {"start": "2012-01-01", "end": "2013-06-01"}}])
    assert fees(contract(), longer) == [("2012-01-01", "2013-06-01", "100")]


def test_waivers_that_are_repeated_are_one() -> None:
    waiver = {"id": "pause", "reason": "pause", "days": {"start": "2013-01-05", "end": "2013-01-20"}}
    later = {**waiver, "days": {"start": "2013-01-05", "end": "2013-01-25"}}
    (timeline,) = timelines([contract(waivers=[waiver]), contract(2, "2013-01-10", waivers=[later])], JANUARY)
    (span,) = timeline.waivers
    assert (span.days.start, span.days.end) == (date(2013, 1, 5), date(2013, 1, 25))


def test_waivers_and_percentages_hold_past_the_contracts_end_until_another_version_begins() -> None:
    waiver = {"id": "pause", "reason": "pause", "days": {"start": "2013-01-20"}}
    discounts = [
        {"id": "half", "name": "half", "percent": "50", "effective": {"start": "2013-01-05"}},
        {"id": "off", "name": "off", "amount": "5", "effective": {"start": "2013-01-05"}},
        {"id": "late", "name": "late", "amount": "5", "effective": {"start": "2013-01-20"}},
    ]
    ends = contract(end="2013-01-10", waivers=[waiver], discounts=discounts)
    (timeline,) = timelines([ends, contract(2, "2013-02-01")], JANUARY)
    assert [(span.term.id, str(span.days.start), str(span.days.end)) for span in timeline.waivers] == [
        ("pause", "2013-01-20", "2013-02-01")
    ]
    assert [(span.term.id, str(span.days.start), str(span.days.end)) for span in timeline.discounts] == [
        ("half", "2013-01-05", "2013-02-01"),
        ("off", "2013-01-05", "2013-01-10"),
    ]


def test_contracts_of_an_account_are_laid_out_apart() -> None:
    other = contract().model_copy(update={"id": "L"})
    assert [timeline.id for timeline in timelines([other, contract()], JANUARY)] == ["K", "L"]
    assert [each.id for each in governing([other, contract(2), contract()], JANUARY)] == ["K", "L"]


def test_a_renewal_that_is_not_automatic_changes_no_price() -> None:
    assert fees(contract(renewal={"renews_on": "2012-07-01", "uplift_percent": "5"})) == [("2012-01-01", "", "100")]


def test_a_fixed_uplift_is_for_flat_prices() -> None:
    terms = contract(
        charges=[{"price": {"model": "seats", "seats": 1, "unit_price": "1"}}],
        renewal={"renews_on": "2012-07-01", "uplift_amount": "5", "automatic": True},
    )
    with pytest.raises(UnpriceableCharge, match="for flat prices"):
        timelines([terms], JANUARY)


def test_a_charge_that_changes_its_cadence_is_refused_with_its_name_and_day() -> None:
    quarterly = contract(2, "2013-01-10", charges=[{"cadence": {"interval": "quarter"}}])
    with pytest.raises(UnpriceableCharge) as refused:
        timelines([contract(), quarterly], JANUARY)
    assert refused.value.message == "charge fee changes its cadence on 2013-01-10: end it, and begin another one"
    assert refused.value.details == {"charge": "fee"}
    parted = contract(2, "2013-01-10", charges=[{"id": "other", "cadence": {"interval": "quarter"}}])
    assert len(timelines([contract(), parted], JANUARY)[0].charges) == 2


def test_terms_that_differ_in_what_is_priced_are_parted() -> None:
    dearer = contract(2, "2013-01-10", charges=[{"price": {"model": "flat", "amount": "7"}}])
    (timeline,) = timelines([contract(), dearer], JANUARY)
    assert [span.contract.version for span in timeline.charges] == [1, 2]
    renamed = contract(2, "2013-01-10", charges=[{"name": "Other name", "product": "other", "revenue_category": "r2"}])
    (timeline,) = timelines([contract(), renamed], JANUARY)
    (span,) = timeline.charges
    names = [span.as_of(date(2013, 1, day)).term.name for day in (9, 10)]
    assert names == ["Fee", "Other name"]
    same = contract(2, "2013-01-10", charges=[{"effective": {"start": "2011-01-01"}}])
    (timeline,) = timelines([contract(), same], JANUARY)
    (span,) = timeline.charges
    assert (span.contract.version, str(span.days.start), str(span.begun)) == (2, "2012-01-01", "2012-01-01")
    ramped = {"ramp": [{"start": "2014-01-01", "price": {"model": "flat", "amount": "7"}}]}
    assert len(timelines([contract(), contract(2, "2013-01-10", charges=[ramped])], JANUARY)[0].charges) == 2
