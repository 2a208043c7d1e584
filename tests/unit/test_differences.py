"""What was billed of a month against what it owes now, line by line."""

from decimal import Decimal
from typing import Any

from billproof.contracts.charges import RecognitionMethod
from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.money import Money, Rounding
from billproof.periods import Period
from billproof.pricing.concessions import NOT_CONCEDED, concessions
from billproof.pricing.differences import difference_lines, is_given_back
from billproof.pricing.lines import Basis
from billproof.pricing.model import LeftOn, LineKind, PricedLine, RevenueSchedule
from billproof.pricing.owed import contract_lines
from billproof.pricing.terms import BilledLine, EarlierPeriod
from billproof.readings import Quantity
from billproof_ops.demo import story

JANUARY = Period.month("2013-01")
METERS = {meter.id: meter for meter in story.master_data().meters}


def contract(unit_price: str = "2", included: str | None = "10") -> Contract:
    charge = {
        "id": "miles",
        "name": "Miles",
        "product": "telemetry",
        "revenue_category": "usage",
        "timing": "in_arrears",
        "effective": {"start": "2013-01-01"},
        "meter": "miles_tracked",
        "price": {"model": "per_unit", "unit_price": unit_price},
        "included_quantity": included,
    }
    return Contract.model_validate(
        {
            "id": "K",
            "account": "UA",
            "version": 3,
            "signed_by": "s",
            "effective": {"start": "2013-01-01"},
            "currency": "USD",
            "time_zone": "UTC",
            "charges": [charge],
        }
    )


def priced(quantity: str, terms: Contract) -> list[PricedLine]:
    found = Quantity(meter="miles_tracked", group_by=(), dimension={}, quantity=Decimal(quantity), events=3)
    basis = Basis(period=JANUARY, meters=METERS, quantities=[found], rounding=Rounding.HALF_UP)
    (timeline,) = timelines([terms], JANUARY)
    return contract_lines(timeline, basis)


def billed(**changes: Any) -> BilledLine:
    fields: dict[str, Any] = {
        "line": "miles:2013-01",
        "account": "A",
        "contract": "K",
        "contract_version": 2,
        "charge": "miles",
        "description": "Miles",
        "product": "telemetry",
        "revenue_category": "usage",
        "service_period": JANUARY,
        "covered": JANUARY,
        "recognition_method": "as_incurred",
        "recognized_over": JANUARY,
        "dimension": {},
        "net": Money.of("20", "USD"),
        "quantity": Decimal(20),
        "included_quantity": Decimal(10),
        "billed_quantity": Decimal(10),
        "numbers": ("N-1", "N-2"),
        **changes,
    }
    return BilledLine(**fields)


def earlier(*lines: BilledLine) -> EarlierPeriod:
    return EarlierPeriod(period=JANUARY, ordinal=2, contracts=(), rounding=Rounding.HALF_EVEN, billed=lines)


def test_a_difference_is_what_is_owed_now_less_what_was_billed() -> None:
    (line,) = difference_lines(earlier(billed()), priced("25", contract()))
    assert (line.id, line.kind, line.net.text) == ("difference:miles:2013-01", LineKind.DIFFERENCE, "10.00")
    assert line.description == "Miles, difference for 2013-01"
    assert [line.quantity, line.included_quantity, line.billed_quantity] == [5, 0, 5]
    assert line.adjusts is not None
    assert line.adjusts.model_dump() == {"period": "2013-01", "line": "miles:2013-01", "numbers": ("N-1", "N-2")}
    why = line.explanation
    assert why.note == "2013-01 as it is known now, less what was billed of it"
    assert why.exact_amount == 10
    assert why.steps[-1].model_dump() == {
        "label": "billed before on N-1, N-2",
        "quantity": "1",
        "unit_price": "-20",
        "flat_fee": "0",
        "amount": "-20",
    }
    assert sum(step.amount for step in why.steps) == 10


def test_what_was_never_billed_is_billed_whole() -> None:
    (line,) = difference_lines(earlier(), priced("25", contract()))
    assert (line.net.text, str(line.quantity)) == ("30.00", "25")
    assert line.adjusts is not None
    assert line.adjusts.numbers == ()
    assert line.explanation.steps[-1].label == "not billed before"
    assert line.explanation.steps[-1].amount == 0


def test_nothing_new_makes_no_line_and_a_quantity_without_money_does() -> None:
    assert difference_lines(earlier(billed()), priced("20", contract())) == []
    within = billed(net=Money.of("0", "USD"), quantity=Decimal(4), included_quantity=Decimal(4), billed_quantity=0)
    (line,) = difference_lines(earlier(within), priced("5", contract()))
    assert line.net.is_zero
    assert [line.quantity, line.included_quantity] == [1, 1]


def test_a_line_that_is_no_longer_owed_is_credited_whole() -> None:
    gone = billed(
        line="extra:2013-01", charge="extra", description="Extra", dimension={"origin": "EWR"}, includes_tax=True
    )
    (line,) = difference_lines(earlier(billed(), gone), priced("20", contract()))
    assert (line.id, line.net.text) == ("difference:extra:2013-01", "-20.00")
    assert [line.quantity, line.included_quantity, line.billed_quantity] == [-20, -10, -10]
    assert (line.charge, line.term, line.description) == ("extra", "extra", "Extra, difference for 2013-01")
    assert (line.product, line.revenue_category, line.service_period) == ("telemetry", "usage", JANUARY)
    assert (line.dimension, line.includes_tax, line.meter, line.unit) == ({"origin": "EWR"}, True, None, None)
    why = line.explanation
    assert (why.contract, why.contract_version, why.price_model) == ("K", 2, "nothing")
    assert (why.rounding, str(why.exact_amount), why.proration) == (Rounding.HALF_EVEN, "-20.00", None)
    assert line.account == "A"
    assert is_given_back(line)
    assert not is_given_back(line.model_copy(update={"kind": LineKind.CHARGE}))
    (more,) = difference_lines(earlier(billed()), priced("25", contract()))
    assert not is_given_back(more)


def test_lines_of_another_contract_are_another_matter() -> None:
    other = billed(contract="L")
    found = difference_lines(earlier(other), priced("20", contract()))
    assert [(line.explanation.contract, line.net.text) for line in found] == [("K", "20.00"), ("L", "-20.00")]


def test_what_was_conceded_is_not_owed_and_never_more_than_is_owed() -> None:
    """30.00 are owed of which 20.00 were billed: of 5.00 that were conceded 5.00 are left to bill, of 50.00 nothing."""
    given = earlier(billed(conceded=Decimal(5)))
    (line,) = difference_lines(given, priced("25", contract()))
    assert (line.net.text, line.explanation.exact_amount) == ("5.00", Decimal(5))
    assert [(step.label, step.amount) for step in line.explanation.steps[-2:]] == [
        ("conceded by credit notes", Decimal(-5)),
        ("billed before on N-1, N-2", Decimal(-20)),
    ]
    whole = earlier(billed(conceded=Decimal(50)))
    assert [made.net.text for made in difference_lines(whole, priced("25", contract()))] == ["-20.00"]
    assert [made.net.text for made in difference_lines(whole, priced("25", contract()), NOT_CONCEDED)] == ["10.00"]
    other = NOT_CONCEDED._replace(taken={("K", "miles:2013-01"): Decimal(7)})
    assert [made.net.text for made in difference_lines(whole, priced("25", contract()), other)] == ["3.00"]


def test_days_of_recognition_that_change_are_said() -> None:
    """What was earned over February is earned in January now: the difference says what it puts in place of what."""
    february = Period.month("2013-02")
    moved = billed(recognized_over=february, recognition_method="straight_line_days", conceded=Decimal(5))
    (line,) = difference_lines(earlier(moved), priced("25", contract()))
    assert line.adjusts is not None
    assert line.adjusts.restated is not None
    assert line.adjusts.restated.model_dump(mode="json") == {
        "owed": {"amount": "25", "currency": "USD"},
        "billed": {"amount": "20", "currency": "USD"},
        "schedule": {"method": "straight_line_days", "period": {"start": "2013-02-01", "end": "2013-03-01"}},
    }


def reduced(line: PricedLine, net: str, name: str = "off") -> PricedLine:
    changes = {"id": f"{name}:{line.id}", "kind": LineKind.DISCOUNT, "net": Money.of(net, "USD")}
    return line.model_copy(update=changes)


def test_a_concession_is_of_a_fee_with_all_that_comes_off_it() -> None:
    """30.00 less 12.00 are owed: of 25.00 that were conceded 18.00 count, of the fee or of what reduces it."""
    (fee,) = priced("25", contract())
    now = [fee, reduced(fee, "-12")]
    off = billed(line="off:miles:2013-01", net=Money.of("-8", "USD"), conceded=Decimal(-5))
    for fee_conceded, whole in (("30", "18"), ("15", "10"), ("23", "18")):
        given = earlier(billed(conceded=Decimal(fee_conceded)), off)
        taken, excess, *_ = concessions(given, now)
        assert sum(taken.values()) == Decimal(whole)
        assert taken["K", "off:miles:2013-01"] == -5
        assert sum(excess.values()) == Decimal(fee_conceded) - 5 - Decimal(whole)
    assert concessions(earlier(billed(), billed(line="off:miles:2013-01")), now) == NOT_CONCEDED
    drawn = billed(line="paid:miles:2013-01", is_draw=True, conceded=Decimal(9))
    assert concessions(earlier(billed(), drawn), now) == NOT_CONCEDED


def test_what_is_more_than_a_part_owes_is_conceded_of_the_other_parts_of_its_period() -> None:
    """Of 35.00 that were conceded of the first part 20.00 are still owed there, and 10.00 of the second part."""
    (fee,) = priced("25", contract())
    first = fee.model_copy(update={"id": "miles:a", "net": Money.of("20", "USD")})
    second = fee.model_copy(update={"id": "miles:b", "net": Money.of("10", "USD")})
    other = fee.model_copy(update={"id": "more", "term": "more", "charge": "more"})
    for conceded, of_first, of_second, excess in (
        ("35", "20", "10", "5"),
        ("24", "20", "4", "0"),
        ("19", "19", None, None),
    ):
        given = earlier(billed(line="miles:a", conceded=Decimal(conceded)))
        conceded_now = concessions(given, [first, second, other])
        assert conceded_now.taken.get(("K", "miles:a")) == Decimal(of_first)
        assert conceded_now.taken.get(("K", "miles:b")) == (None if of_second is None else Decimal(of_second))
        assert conceded_now.excess.get(("K", "miles:a")) == (None if excess is None else Decimal(excess))


def test_a_fee_over_time_is_stated_anew_with_what_changed_of_it_where_lines_are_booked_by_fee() -> None:
    """The discount takes off 4.00 more; 5.00 of the fee's 20.00 were conceded before, and 15.00 are billed of it."""
    over_time = RevenueSchedule(method=RecognitionMethod.STRAIGHT_LINE_DAYS, period=JANUARY)
    (usage,) = priced("20", contract())
    fee = usage.model_copy(update={"recognition": over_time})
    used = billed(net=Money.of("15", "USD"), conceded=Decimal(5))
    off_used = billed(line="off:miles:2013-01", net=Money.of("-8", "USD"))
    by_days = {"recognition_method": RecognitionMethod.STRAIGHT_LINE_DAYS}
    fees = used.model_copy(update=by_days)
    given = earlier(fees, off_used.model_copy(update=by_days))
    now = [fee, reduced(fee, "-12")]
    stated = difference_lines(given, now, states_together=True)
    assert [(line.id, line.net.text) for line in stated] == [
        ("difference:miles:2013-01", "0.00"),
        ("difference:off:miles:2013-01", "-4.00"),
    ]
    assert stated[0].adjusts is not None
    assert stated[0].adjusts.restated is None
    (alone,) = difference_lines(given, now)
    assert alone == stated[1]
    assert difference_lines(given, [fee, reduced(fee, "-8")], states_together=True) == []
    of_use = difference_lines(earlier(used, off_used), [usage, reduced(usage, "-12")], states_together=True)
    assert [line.id for line in of_use] == ["difference:off:miles:2013-01"]
    of_other = off_used.model_copy(update={"contract": "L"})
    apart = difference_lines(earlier(fees, of_other), [fee], states_together=True)
    assert [line.id for line in apart] == ["difference:off:miles:2013-01"]


def test_a_line_that_no_term_cuts_any_more_says_what_is_left_of_it_on_all_its_days() -> None:
    (fee,) = priced("25", contract())
    off = reduced(fee, "-12")
    cut = billed(left_on=(LeftOn(days=JANUARY, left=Decimal(20)),))
    (line, reduction) = difference_lines(earlier(cut), [fee, off])
    assert line.left_on == (LeftOn(days=JANUARY, left=Decimal(18)),)
    assert (line.net.text, reduction.net.text, reduction.left_on) == ("10.00", "-12.00", ())
    of_other = off.explanation.model_copy(update={"contract": "L"})
    (alone, _) = difference_lines(earlier(cut), [fee, off.model_copy(update={"explanation": of_other})])
    assert alone.left_on == (LeftOn(days=JANUARY, left=Decimal(30)),)
    (gone,) = difference_lines(earlier(cut), [])
    assert gone.left_on == (LeftOn(days=JANUARY, left=Decimal(0)),)
    same = fee.model_copy(update={"left_on": (LeftOn(days=JANUARY, left=Decimal(20)),)})
    unchanged = cut.model_copy(update={"net": fee.net, "quantity": fee.quantity})
    already = {name: getattr(fee, name) for name in ("included_quantity", "billed_quantity")}
    assert difference_lines(earlier(unchanged.model_copy(update=already)), [same]) == []
