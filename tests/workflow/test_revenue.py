"""Revenue is earned as it is delivered: nothing twice, nothing lost, and the waterfall says where it is."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from billproof.approvals.policy import Policy
from billproof.contracts.charges import Recognition, RecognitionMethod
from billproof.contracts.model import Contract
from billproof.erp.recognition import recognize_revenue, waterfall
from billproof.errors import InvalidPeriod, NotFound, PostingRejected
from billproof.invoicing.model import InvoiceLine
from billproof.ledger.obligations import earned_by
from billproof.money import Money, Rounding, total
from billproof.periods import Period
from billproof.pricing.model import Explanation, LineKind, PricedLine, RevenueSchedule
from billproof.tax.amounts import tax_line
from billproof.tax.rules import determine
from billproof_ops.demo import story
from tests.support.world import INC, JANUARY, World, flight

METHODS = list(RecognitionMethod)
DATA = story.master_data()
TAX = determine(
    legal_entity=DATA.legal_entities[0],
    account=next(each for each in DATA.accounts if each.legal_entity == INC),
    tax_point=date(2026, 1, 1),
)


def line(net: str, method: str, start: str, end: str) -> InvoiceLine:
    period = Period.model_validate({"start": start, "end": end})
    priced = PricedLine(
        id="fee",
        account="UA",
        kind=LineKind.CHARGE,
        term="fee",
        charge="fee",
        description="Fee",
        product="p",
        revenue_category="subscription",
        service_period=period,
        covered=period,
        meter=None,
        unit=None,
        dimension={},
        quantity=Decimal(1),
        included_quantity=Decimal(0),
        billed_quantity=Decimal(1),
        net=Money.of(net, "USD"),
        recognition=RevenueSchedule(method=RecognitionMethod(method), period=period),
        explanation=Explanation(
            contract="K",
            contract_version=1,
            price_model="flat",
            steps=(),
            proration=None,
            exact_amount=Decimal(net),
            rounding=Rounding.HALF_UP,
            note="",
        ),
    )
    taxed = tax_line("fee", priced.net, TAX, Rounding.HALF_UP)
    return InvoiceLine(
        priced=priced,
        taxable_base=taxed.taxable_base,
        amounts=taxed.amounts,
        tax_by_line=taxed.tax_by_line,
        determination=TAX,
    )


@pytest.mark.parametrize(
    ("method", "start", "end", "day", "earned"),
    [
        ("straight_line_days", "2013-01-01", "2014-01-01", "2013-01-01", "0.00"),
        ("straight_line_days", "2013-01-01", "2014-01-01", "2013-02-01", "31.00"),
        ("straight_line_days", "2013-01-01", "2014-01-01", "2014-01-01", "365.00"),
        ("straight_line_days", "2013-01-15", "2013-04-15", "2013-02-01", "68.94"),  # 17 of 90 days
        ("straight_line_months", "2013-01-01", "2014-01-01", "2013-02-01", "30.42"),  # a twelfth
        ("straight_line_months", "2013-01-01", "2014-01-01", "2013-01-31", "0.00"),
        ("straight_line_months", "2013-01-15", "2013-04-15", "2013-02-01", "91.25"),  # the first of four months
        ("as_incurred", "2013-01-01", "2013-04-01", "2013-03-31", "0.00"),
        ("as_incurred", "2013-01-01", "2013-04-01", "2013-04-01", "365.00"),
        ("point_in_time", "2013-01-15", "2013-01-16", "2013-01-15", "0.00"),
        ("point_in_time", "2013-01-15", "2014-01-01", "2013-01-16", "365.00"),
    ],
)
def test_what_is_earned_before_a_day(method: str, start: str, end: str, day: str, earned: str) -> None:
    assert earned_by(line("365.00", method, start, end), date.fromisoformat(day)).text == earned


@given(
    cents=st.integers(min_value=-(10**9), max_value=10**9),
    method=st.sampled_from(METHODS),
    start=st.dates(min_value=date(2012, 1, 1), max_value=date(2014, 1, 1)),
    days=st.integers(min_value=1, max_value=800),
)
def test_the_months_of_a_line_add_up_to_it(cents: int, method: RecognitionMethod, start: date, days: int) -> None:
    end = date.fromordinal(start.toordinal() + days)
    found = line(f"{Decimal(cents) / 100:f}", method.value, start.isoformat(), end.isoformat())
    month, parts = Period.month(f"{start:%Y-%m}"), []
    while month.start < end:
        parts.append(earned_by(found, month.end) - earned_by(found, month.start))
        month = month.next()
    assert total(parts, "USD") == found.amounts.net
    assert all(part.amount * cents >= 0 for part in parts)


def yearly(world: World, account: str = "UA", **changes: Any) -> World:
    contract = world.directory.contracts(account)[-1]
    charge = {
        **contract.charges[0].model_dump(mode="json"),
        "id": "year",
        "price": {"model": "flat", "amount": "3650"},
        "cadence": {"interval": "year", "anchor": "2013-01-01"},
        "timing": "in_advance",
        "effective": {"start": "2013-01-01"},
        **changes,
    }
    document = contract.model_dump(mode="json") | {"version": 2, "charges": [charge], "discounts": []}
    world.publish(Contract.model_validate(document))
    policy = world.directory.policy(INC).model_dump() | {"version": 2, "thresholds": {"credit_percent": "100000"}}
    world.publish(Policy.model_validate(policy))
    return world


def billed(world: World) -> World:
    world.bill()
    world.approve_all()
    world.post_all()
    return world


def recognized(world: World, month: str) -> tuple[str, int]:
    done = world.recognize(month)
    return done.earned.text, done.posted


def flow(world: World, months: int, first: str = JANUARY) -> list[tuple[str, ...]]:
    found = waterfall(
        legal_entity=INC,
        first=first,
        months=months,
        directory=world.directory,
        register=world.register,
        objects=world.objects,
    )
    return [(each.month, each.opening.text, each.deferred.text, each.earned.text, each.closing.text) for each in found]


def alone() -> World:
    """UA alone has a contract."""
    return World(accounts={"UA"})


def test_a_year_that_is_billed_in_advance_is_earned_day_by_day() -> None:
    world = billed(yearly(World()))
    entry = world.posted(f"{INC}.{JANUARY}.UA")
    chart = world.directory.legal_entity(INC).chart_of_accounts
    assert (entry.on(chart.deferred_revenue).text, entry.on(chart.receivable).text) == ("-3340.00", "3650.00")
    assert [entry.on(chart.revenue_of("subscription")).text] == ["-310.00"]


def test_every_month_is_recognized_once_and_the_year_adds_up() -> None:
    world = billed(yearly(alone()))
    earned = [recognized(world, f"2013-{month:02d}") for month in range(2, 13)]
    assert [amount for amount, _ in earned[:3]] == ["280.00", "310.00", "300.00"]
    assert sum(Decimal(amount) for amount, _ in earned) == Decimal("3340.00")
    assert all(posted == 1 for _, posted in earned)
    assert recognized(world, "2013-02") == ("280.00", 0)
    assert recognized(world, "2014-01") == ("0.00", 0)
    assert world.reconcile().variances == ()
    assert world.reconcile(period="2013-02").variances == ()


def test_the_waterfall_carries_from_month_to_month() -> None:
    world = billed(yearly(alone()))
    assert flow(world, 3) == [
        ("2013-01", "0.00", "3340.00", "0.00", "3340.00"),
        ("2013-02", "3340.00", "0.00", "280.00", "3060.00"),
        ("2013-03", "3060.00", "0.00", "310.00", "2750.00"),
    ]
    assert flow(world, 2, "2013-12") == [
        ("2013-12", "310.00", "0.00", "310.00", "0.00"),
        ("2014-01", "0.00", "0.00", "0.00", "0.00"),
    ]


def test_a_credit_note_takes_the_deferred_part_back() -> None:
    world = billed(yearly(alone()))
    world.moment = datetime(2013, 3, 20, tzinfo=UTC)
    world.credit_and_approve(f"{INC}.{JANUARY}.UA", lines=[{"line": "year:2013-01-01_2014-01-01", "amount": "365"}])
    assert recognized(world, "2013-04")[0] == "270.00"  # 300 less a tenth
    march, april = flow(world, 2, "2013-03")
    assert march == ("2013-03", "3060.00", "-275.00", "310.00", "2475.00")
    assert april == ("2013-04", "2475.00", "0.00", "270.00", "2205.00")


def test_a_setup_fee_may_be_earned_over_the_term() -> None:
    over = {"method": "straight_line_months", "over": {"start": "2013-01-01", "end": "2014-01-01"}}
    price = {"model": "one_off", "amount": "1200", "due_on": "2013-01-10"}
    terms: dict[str, Any] = {"price": price, "recognition": over}
    world = billed(yearly(alone(), **terms, timing="in_arrears", cadence={}))
    assert flow(world, 2) == [
        ("2013-01", "0.00", "1100.00", "0.00", "1100.00"),
        ("2013-02", "1100.00", "0.00", "100.00", "1000.00"),
    ]


def test_revenue_without_an_end_is_refused() -> None:
    with pytest.raises(ValidationError, match="an end"):
        Recognition.model_validate({"method": "straight_line_days", "over": {"start": "2013-01-01"}})


def test_a_category_without_an_account_holds_the_invoice_before_anything_is_posted() -> None:
    world = yearly(alone(), revenue_category="unheard_of")
    world.bill()
    (held,) = world.exception_store.of_subject(INC, JANUARY, "UA")
    assert [finding.code for finding in held.opened.findings] == ["revenue_without_account"]
    assert world.approve_all() == []  # nobody can: it is billed once the chart has the account
    with pytest.raises(NotFound, match="is not released"):
        world.post(f"{INC}.{JANUARY}.UA")
    with pytest.raises(PostingRejected, match="no revenue account for 'unheard_of'"):
        world.recognize(JANUARY)


def test_revenue_whose_account_is_gone_stops_no_other_account_s_and_is_booked_once_it_is_back() -> None:
    world = billed(yearly(yearly(World(accounts={"UA", "B6"}), "B6"), revenue_category="usage"))
    entity = world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts
    revenue = {name: number for name, number in chart.revenue.items() if name != "subscription"}
    poorer = chart.model_copy(update={"revenue": revenue})
    world.publish(entity.model_copy(update={"version": entity.version + 1, "chart_of_accounts": poorer}))
    gone = "1 of 2 revenue entries of 2013-02 were rejected: the chart of accounts has no revenue account"
    with pytest.raises(PostingRejected, match=gone) as rejected:
        world.recognize("2013-02")
    assert rejected.value.remedy.startswith("publish the legal entity")
    world.publish(entity.model_copy(update={"version": entity.version + 2}))
    assert recognized(world, "2013-02") == ("560.00", 1)  # 28 days at 10 of each; the other one was posted before


def test_the_schedule_recognizes_the_last_month_and_catches_up() -> None:
    world = billed(yearly(alone()))
    world.ingest([flight(1)])
    fields: dict[str, Any] = {
        "now": datetime(2013, 5, 3, 7, tzinfo=UTC),
        "directory": world.directory,
        "register": world.register,
        "objects": world.objects,
        "erps": world.erps,
    }
    done = recognize_revenue(legal_entity=None, month=None, **fields)
    mine = [month for month in done.months if month.legal_entity == INC]
    assert [(month.month, month.posted) for month in mine] == [
        ("2013-01", 0),
        ("2013-02", 1),
        ("2013-03", 1),
        ("2013-04", 1),
    ]
    with pytest.raises(InvalidPeriod):
        recognize_revenue(legal_entity=INC, month="2013", **fields)
    with pytest.raises(InvalidPeriod, match="2013-05 has not ended for skymeter-inc: the last whole month is 2013-04"):
        recognize_revenue(legal_entity=INC, month="2013-05", **fields)
