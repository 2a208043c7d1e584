"""The terms of commitments over several months as pure rules: when they end, what they commit to, what counts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.contracts.timeline import Timeline, timelines
from billproof.errors import UnpriceableCharge
from billproof.model import decimal_text
from billproof.money import Money, Rounding
from billproof.periods import Period
from billproof.pricing.commitment_terms import CommitmentTerm, terms_over
from billproof.pricing.commitments import commitment_lines, committed
from billproof.pricing.model import LineKind, PricedLine
from billproof.pricing.quoting import PriceRequest, quote
from billproof.pricing.terms import Committed, Reached

HALF_UP = Rounding.HALF_UP


def timeline(*versions: dict[str, Any]) -> Timeline:
    """A contract with a fee, from January 2012 on; each version says its commitments and from when."""
    found = []
    for number, version in enumerate(versions, start=1):
        fields = {"model": "flat", "amount": "1"}
        charge = {
            "id": "fee",
            "name": "Fee",
            "product": "p",
            "revenue_category": "r",
            "timing": "in_arrears",
            "effective": {"start": "2012-01-01"},
            "price": fields,
        }
        found.append(
            Contract.model_validate(
                {
                    "id": "K",
                    "account": "A",
                    "version": number,
                    "signed_by": "",
                    "effective": {"start": version["start"]},
                    "currency": "USD",
                    "time_zone": "UTC",
                    "charges": [charge, {**charge, "id": "other"}],
                    "commitments": version["commitments"],
                    "credits": version.get("credits", []),
                    "prices_include_tax": version.get("prices_include_tax", False),
                }
            )
        )
    (laid_out,) = timelines(found, Period.month("2014-12"))
    return laid_out


def least(amount: str = "1200", months: int = 3, start: str = "2013-01-15", **changes: Any) -> dict[str, Any]:
    return {
        "id": "least",
        "name": "The least",
        "amount": amount,
        "charges": ["fee"],
        "revenue_category": "minimums",
        "effective": {"start": start},
        "months": months,
        **changes,
    }


def since_2012(*commitments: dict[str, Any], **more: Any) -> Timeline:
    return timeline({"start": "2012-01-01", "commitments": commitments, **more})


def over(found: Timeline, month: str) -> list[tuple[str, str]]:
    return [(term.days.name, decimal_text(term.amount)) for term in terms_over(found, Period.month(month))]


def line(net: str = "100", start: str = "2013-01-15", **changes: Any) -> PricedLine:
    """A line of the fee whose service period begins on a day."""
    request = {"price": {"model": "flat", "amount": "1"}, "currency": "USD", "rounding": "half_up", "period": "2013-01"}
    (made,) = quote(PriceRequest.model_validate(request)).lines
    period = Period.model_validate({"start": start, "end": date.fromisoformat(start).replace(year=2020)})
    contract = changes.pop("contract", "K")
    fields = {
        "charge": "fee",
        "term": "fee",
        "net": Money.of(net, "USD"),
        "service_period": period,
        "covered": period,
        "explanation": made.explanation.model_copy(update={"contract": contract}),
    }
    return made.model_copy(update={**fields, **changes})


def first(found: Timeline, month: str = "2013-04") -> CommitmentTerm:
    return terms_over(found, Period.month(month))[0]


@pytest.mark.parametrize(
    ("month", "ends"),
    [
        ("2013-03", []),
        ("2013-04", ["2013-01-15_2013-04-15"]),
        ("2013-06", ["2013-01-15_2013-04-15"]),
        ("2013-07", ["2013-01-15_2013-04-15", "2013-04-15_2013-07-15"]),
    ],
)
def test_a_term_is_over_with_the_month_that_holds_its_last_day(month: str, ends: list[str]) -> None:
    assert over(since_2012(least()), month) == [(name, "1200") for name in ends]


def test_a_term_that_ends_with_a_month_is_due_with_that_month_and_no_other() -> None:
    term = first(since_2012(least(start="2013-01-01")), "2013-03")
    assert [month for month in ("2013-02", "2013-03", "2013-04") if term.is_due_in(Period.month(month))] == ["2013-03"]
    late = first(since_2012(least()))
    assert [month for month in ("2013-03", "2013-04", "2013-05") if late.is_due_in(Period.month(month))] == ["2013-04"]


def test_the_anchor_is_remembered_and_a_single_month_is_none_of_ours() -> None:
    anchored = since_2012(least(start="2012-12-31", months=2))
    assert [name for name, _ in over(anchored, "2013-06")] == [
        "2012-12-31_2013-02-28",
        "2013-02-28_2013-04-30",
        "2013-04-30_2013-06-30",
    ]
    assert over(since_2012(least(months=1)), "2013-12") == []


def test_an_end_cuts_the_term_and_the_amount() -> None:
    ended = since_2012(least(effective={"start": "2013-01-01", "end": "2013-03-01"}))
    assert over(ended, "2013-01") == []
    assert over(ended, "2013-02") == over(ended, "2013-12")
    assert over(ended, "2013-02")[0][0] == "2013-01-01_2013-03-01"
    assert Decimal(over(ended, "2013-02")[0][1]).quantize(Decimal("0.01")) == Decimal("786.67")  # 59 of 90 days
    exact = since_2012(least(effective={"start": "2013-01-01", "end": "2013-04-01"}))
    assert over(exact, "2013-12") == [("2013-01-01_2013-04-01", "1200")]


def test_days_without_the_commitment_are_in_no_term() -> None:
    paused = timeline(
        {"start": "2012-01-01", "commitments": [least(start="2013-01-01", months=2)]},
        {"start": "2013-02-15", "commitments": []},
        {"start": "2013-08-01", "commitments": [least("600", start="2013-01-01", months=2)]},
    )
    found = over(paused, "2013-10")
    assert [name for name, _ in found] == ["2013-01-01_2013-03-01", "2013-08", "2013-09-01_2013-11-01"]
    assert Decimal(found[0][1]).quantize(Decimal("0.01")) == Decimal("915.25")  # 45 of 59 days
    assert found[1][1] == "300"  # 31 of 62 days
    assert found[2][1] == "600"


def test_versions_share_a_term_by_days() -> None:
    both = timeline(
        {"start": "2012-01-01", "commitments": [least("900", start="2013-01-01")]},
        {"start": "2013-01-31", "commitments": [least("1800", start="2013-01-01")]},
    )
    assert over(both, "2013-03") == [("2013-01-01_2013-04-01", "1500")]  # 30 of 90 days at 900, 60 at 1,800
    term = first(both, "2013-03")
    assert term.key == ("K", "least", date(2013, 1, 1))
    assert term.span.contract.version == 2


def test_months_that_change_are_refused() -> None:
    both = timeline(
        {"start": "2012-01-01", "commitments": [least()]},
        {"start": "2013-02-01", "commitments": [least(months=6)]},
    )
    with pytest.raises(UnpriceableCharge, match=r"^commitment least changes how many months it is for") as refused:
        terms_over(both, Period.month("2013-12"))
    assert refused.value.details == {"contract": "K"}


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"start": "2013-04-14"}, True),
        ({"start": "2013-04-15"}, False),
        ({"start": "2013-01-14"}, False),
        ({"charge": "other"}, False),
        ({"contract": "L"}, False),
        ({"kind": LineKind.DISCOUNT}, True),
        ({"kind": LineKind.CAP}, True),
        ({"kind": LineKind.DIFFERENCE}, True),
        ({"kind": LineKind.CREDIT}, False),
        ({"kind": LineKind.COMMITMENT}, False),
        ({"kind": LineKind.DIFFERENCE, "term": "prepaid"}, False),  # of what a credit paid of the fee
        ({"kind": LineKind.DIFFERENCE, "term": "half"}, True),  # of what a discount took off it
    ],
)
def test_what_counts(changes: dict[str, Any], *, counts: bool) -> None:
    prepaid = {"id": "prepaid", "name": "Prepaid", "amount": "5", "effective": {"start": "2012-01-01"}}
    term = first(since_2012(least(), credits=[prepaid]))
    fee = line(**changes)
    assert (term.is_fee(fee) and term.counts(fee, fee.service_period.start)) is counts
    assert not term.is_true_up(fee)


def test_fees_and_what_was_billed_of_the_shortfall_are_added_up_apart() -> None:
    term = first(since_2012(least()))
    bills: dict[str, Any] = {
        "term": "least",
        "charge": "least",
        "kind": LineKind.COMMITMENT,
        "service_period": term.days,
    }
    other: dict[str, Any] = {**bills, "service_period": Period.month("2013-05")}
    lines = [line(), line("20"), line("1000", **bills), line("-30", **bills), line("7", **other), line("5", charge="x")]
    assert committed(term, lines) == Committed(
        contract="K",
        commitment="least",
        start=date(2013, 1, 15),
        reached=Decimal(120),
        whole=(Reached(line=line().id, amount=Decimal(120)),),
        billed=Decimal(970),
    )


def known(reached: str, billed: str = "0") -> dict[tuple[str, str, date], Committed]:
    fields: dict[str, Any] = {"reached": reached, "billed": billed}
    start = date(2013, 1, 15)
    return {("K", "least", start): Committed(contract="K", commitment="least", start=start, **fields)}


def steps(found: PricedLine) -> list[tuple[str, str]]:
    return [(step.label, decimal_text(step.amount)) for step in found.explanation.steps]


def test_the_line_says_everything() -> None:
    found = since_2012(least("1200.005"), prices_include_tax=True)
    (made,) = commitment_lines(found, Period.month("2013-04"), [line("150")], known("250"), HALF_UP)
    assert (made.id, made.kind, made.term, made.charge) == (
        "least:2013-01-15_2013-04-15",
        LineKind.COMMITMENT,
        "least",
        "least",
    )
    assert (made.account, made.description, made.product, made.revenue_category) == (
        "A",
        "The least",
        "The least",
        "minimums",
    )
    assert made.service_period == made.covered == made.recognition.period
    assert made.recognition.method == "as_incurred"
    assert (made.meter, made.unit, made.dimension, made.adjusts) == (None, None, {}, None)
    assert [decimal_text(each) for each in (made.quantity, made.included_quantity, made.billed_quantity)] == [
        "1",
        "0",
        "1",
    ]
    assert made.includes_tax
    assert made.net == Money.of("800.01", "USD")
    assert steps(made) == [("committed", "1200.005"), ("billed here", "-150"), ("billed before", "-250")]
    why = made.explanation
    assert (why.contract, why.contract_version, why.price_model, why.note) == ("K", 1, "term_commitment", "shortfall")
    assert (decimal_text(why.exact_amount), why.rounding, why.proration) == ("800.01", HALF_UP, None)


def test_a_term_that_is_met_says_so_and_one_without_a_past_counts_from_nothing() -> None:
    (met,) = commitment_lines(since_2012(least()), Period.month("2013-04"), [line("1300")], {}, HALF_UP)
    assert (met.net, met.explanation.note) == (Money.zero("USD"), "met")
    assert steps(met) == [("committed", "1200"), ("billed here", "-1300")]
    assert not met.includes_tax


def test_a_term_of_the_past_is_made_true_and_only_where_it_changed() -> None:
    found = since_2012(least())
    may = Period.month("2013-05")
    assert commitment_lines(found, may, [], known("200", "1000"), HALF_UP) == []
    assert commitment_lines(found, may, [line("50")], {}, HALF_UP) == []  # of a past that nobody told
    (back,) = commitment_lines(found, may, [line("50")], known("200", "1000"), HALF_UP)
    assert back.net == Money.of("-50", "USD")
    assert steps(back)[-1] == ("of the shortfall before", "-1000")
    assert back.explanation.note == "the term as it is known now, less what was billed of it"
    (most,) = commitment_lines(found, may, [line("5000")], known("200", "1000"), HALF_UP)
    assert most.net == Money.of("-1000", "USD")
    (more,) = commitment_lines(found, may, [line("-50")], known("200", "1000"), HALF_UP)
    assert more.net == Money.of("50", "USD")
