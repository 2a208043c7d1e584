"""What is owed, case by case: each amount was computed by hand, beside it is how. All of it goes over real invoices.

A case is one life of a contract: its terms as versions, what was used, what is credited, and what the invoices of its
months come to, line by line. Amounts are in USD, half up.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.approvals.policy import Policy
from billproof.conservation.service import Stores
from billproof.contracts.model import Contract
from billproof.errors import InvalidInput
from billproof.invoicing.releasing import release_held
from billproof.ledger.revenue import earned_by
from billproof.model import decimal_text
from billproof.money import total
from billproof.pipeline.artefacts import BATCH_PLAN, DRAFTED, Artefacts
from billproof.pricing.quoting import PriceRequest, quote
from billproof.proof.service import prove_run
from tests.support.world import INC, World, flight


def month(number: int) -> str:
    """Name the n-th month of 2013, or one after it."""
    return f"{2013 + (number - 1) // 12}-{(number - 1) % 12 + 1:02d}"


def charge(name: str, price: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"id": name, "name": name.title(), "product": "telemetry", "revenue_category": "usage"}
    return {**base, "timing": "in_arrears", "effective": {"start": "2013-01-01"}, "price": price, **more}


def fee(amount: str, **more: Any) -> dict[str, Any]:
    return charge("fee", {"model": "flat", "amount": amount}, **more)


def miles(price: str, **more: Any) -> dict[str, Any]:
    return charge("miles", {"model": "per_unit", "unit_price": price}, meter="miles_tracked", **more)


def least(amount: str, *charges: str, **more: Any) -> dict[str, Any]:
    base = {"id": "least", "name": "Least", "amount": amount, "charges": list(charges), "revenue_category": "usage"}
    return {**base, "effective": {"start": "2013-01-01"}, **more}


def prepaid(amount: str, **more: Any) -> dict[str, Any]:
    return {"id": "prepaid", "name": "Prepaid", "amount": amount, "effective": {"start": "2013-01-01"}, **more}


def off(start: str = "2013-01-01", end: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "off", "name": "Off", "effective": {"start": start, "end": end}, **more}


class Life:
    """One contract of one account, and its invoices."""

    def __init__(self, *charges: dict[str, Any], **terms: Any) -> None:
        self.world = World()
        self._first = self.world.directory.contracts("UA")[-1]
        self._events = 0
        policy = self.world.directory.policy(INC).model_dump() | {
            "version": 2,
            "thresholds": {"credit_percent": "100000", "usage_drop_percent": "100", "usage_spike_percent": "100000"},
        }
        self.world.publish(Policy.model_validate(policy))
        self.world.moment = datetime(2013, 1, 1, 12, tzinfo=UTC)
        self.publish("2013-01-01", *charges, **terms)

    def publish(self, start: str, *charges: dict[str, Any], end: str | None = None, **terms: Any) -> None:
        """Publish the next version, from a day on."""
        last = self.world.directory.contracts("UA")[-1]
        plain: dict[str, Any] = {"discounts": [], "commitments": [], "credits": [], "caps": [], "waivers": []}
        document = self._first.model_dump(mode="json") | plain | {"exclusions": []}
        document |= {"version": last.version + 1, "effective": {"start": start, "end": end}}
        self.world.publish(Contract.model_validate(document | {"charges": list(charges), **terms}))

    def other_contract(self, *charges: dict[str, Any]) -> None:
        """Publish another contract of the account, which goes on."""
        plain: dict[str, Any] = {"discounts": [], "commitments": [], "credits": [], "caps": [], "waivers": []}
        document = self._first.model_dump(mode="json") | plain | {"id": "other", "exclusions": []}
        self.world.publish(Contract.model_validate(document | {"version": 1, "charges": list(charges)}))

    def drawn(self, number: int) -> Decimal:
        """Return what was drawn of the credit up to a month's invoice."""
        return self.world.invoice(f"{INC}.{month(number)}.UA").credits_drawn[0].amount

    def use(self, day: str, quantity: str) -> None:
        """Send an event of some miles, on the day after it or, where that is past, now."""
        self._events += 1
        self.world.moment = max(self.world.moment, datetime.fromisoformat(f"{day}T12:00:00Z") + timedelta(days=1))
        self.world.ingest([flight(self._events, day=day, data={"distance": quantity})])

    def use_at(self, time: str, quantity: str) -> None:
        """Send an event of some miles at an instant."""
        self._events += 1
        moment = datetime.fromisoformat(time).astimezone(UTC) + timedelta(days=1)
        self.world.moment = max(self.world.moment, moment)
        self.world.ingest([flight(self._events, time=time, data={"distance": quantity})])

    def bill(self, number: int) -> dict[str, str]:
        """Run a month, release what it comes to, and return the lines that are not zero; the run's proof must hold."""
        name = month(number)
        after = number + 1
        moment = datetime(2013 + (after - 1) // 12, (after - 1) % 12 + 1, 2, 12, tzinfo=UTC)
        self.world.moment = max(self.world.moment, moment)
        statement = self.world.bill(period=name)
        mine = {each.code for each in statement.findings if each.account == "UA" and each.severity == "blocking"}
        assert mine <= {"negative_invoice"}, statement.findings
        if mine:  # what would become of it is not of interest here
            batch = Artefacts(self.world.objects).read(DRAFTED, f"{INC}-{name}-001", "0000-0000")
            ports = {"postings": self.world.postings, "deliveries": self.world.deliveries}
            assert release_held(batch, "UA", register=self.world.register, **ports) is not None
        self.world.post_all(period=name)
        proof = prove_run(f"{INC}-{name}-001", stores=stores(self.world))
        assert mine or proof.holds, proof.differences
        lines = self.world.invoice(f"{INC}.{name}.UA").lines
        return {line.priced.id: line.priced.net.text for line in lines if not line.priced.net.is_zero}

    def credit(self, number: int, request: str = "C-1", **terms: Any) -> str:
        """Credit a month's invoice and return what goes back in money, net."""
        self.world.moment += timedelta(hours=1)
        note = self.world.credit_and_approve(f"{INC}.{month(number)}.UA", request, **terms)
        return (-note.totals.net).text

    def earned(self, day: str) -> str:
        """Return what the invoices of the first four months earned of the fee before a day."""
        lines = [line for number in (1, 2, 3, 4) for line in self.world.invoice(f"{INC}.{month(number)}.UA").lines]
        earned = [earned_by(line, date.fromisoformat(day)) for line in lines if line.priced.charge == "fee"]
        return total(earned, "USD").text

    def total(self, *numbers: int) -> Decimal:
        """Return what the invoices of some months come to together."""
        found = (self.world.invoice(f"{INC}.{month(number)}.UA").totals.net.amount for number in numbers)
        return sum(found, Decimal(0))


def stores(world: World) -> Stores:
    return Stores(
        objects=world.objects,
        directory=world.directory,
        register=world.register,
        erps=world.erps,
        exception_store=world.exception_store,
    )


YEARLY = {"timing": "in_advance", "cadence": {"interval": "year"}}


@dataclass(frozen=True)
class InAdvance:
    """A fee in advance whose price changes on a day; what its first service period owes in total."""

    case: str
    cadence: dict[str, Any]
    amounts: tuple[str, str]
    changes_on: str
    until: int
    owes: str


IN_ADVANCE = [
    # 3,650 x 90/365 = 900; 7,300 x 275/365 = 5,500
    InAdvance("a year", {"interval": "year"}, ("3650", "7300"), "2013-04-01", 12, "6400.00"),
    # 1,810 x 120/181 = 1,200; 3,620 x 61/181 = 1,220
    InAdvance("half a year", {"interval": "half_year"}, ("1810", "3620"), "2013-05-01", 6, "2420.00"),
    # 900 x 59/90 = 590; 1,800 x 31/90 = 620
    InAdvance("a quarter", {"interval": "quarter"}, ("900", "1800"), "2013-03-01", 3, "1210.00"),
]


@pytest.mark.parametrize("known", ["from the start", "in March"])
@pytest.mark.parametrize("case", IN_ADVANCE, ids=lambda case: case.case)
def test_a_period_in_advance_owes_every_price_of_its_days(case: InAdvance, known: str) -> None:
    terms = {"timing": "in_advance", "cadence": case.cadence}
    life = Life(fee(case.amounts[0], **terms))
    if known == "from the start":
        life.publish(case.changes_on, fee(case.amounts[1], **terms))
    for number in range(1, case.until):
        if known == "in March" and number == min(3, case.until - 1):
            life.publish(case.changes_on, fee(case.amounts[1], **terms))
        life.bill(number)
    assert life.total(*range(1, case.until)) == Decimal(case.owes)


def test_a_change_within_a_week_over_a_months_end_is_owed_by_its_days() -> None:
    """A week of 70.00 from Monday 28 January, 140.00 from 1 February: 4 days at 10 and 3 at 20."""
    weekly = {"timing": "in_advance", "cadence": {"interval": "week"}, "effective": {"start": "2013-01-28"}}
    life = Life(fee("70", **weekly))
    life.publish("2013-02-01", fee("140", **weekly))
    lines = life.bill(1)
    assert (lines["fee:2013-01-28_2013-02-04"], lines["fee:2013-01-28_2013-02-04@2013-02-01"]) == ("40.00", "60.00")


def test_seats_that_are_added_in_a_quarter_in_advance_are_owed_from_their_day() -> None:
    """Ten seats at 90.00 a quarter, fifteen from 1 March: 900 x 59/90 + 1,350 x 31/90 = 590 + 465."""
    terms = {"timing": "in_advance", "cadence": {"interval": "quarter"}}
    life = Life(charge("seats", {"model": "seats", "seats": 10, "unit_price": "90"}, **terms))
    life.bill(1)
    life.publish("2013-03-01", charge("seats", {"model": "seats", "seats": 15, "unit_price": "90"}, **terms))
    assert life.bill(2) == {
        "difference:seats:2013-01-01_2013-04-01": "-310.00",
        "difference:seats:2013-01-01_2013-04-01@2013-03-01": "465.00",
    }


def test_a_renewal_within_a_year_in_advance_raises_the_rest_of_it() -> None:
    """A year of 3,650 from 1 July that renews on 1 January with 10 %: 3,650 x 184/365 + 4,015 x 181/365."""
    terms = {"timing": "in_advance", "cadence": {"interval": "year", "anchor": "2013-07-01"}}
    renewal = {"renews_on": "2014-01-01", "uplift_percent": "10", "automatic": True}
    life = Life(fee("3650", effective={"start": "2013-07-01"}, **terms), renewal=renewal)
    life.bill(6)
    life.bill(7)
    assert life.total(6, 7) == Decimal("3831.00")


def test_what_did_not_change_is_not_priced_again() -> None:
    life = Life(fee("100"))
    for number in (1, 2, 3):
        life.bill(number)
    life.publish("2013-04-01", fee("120"))
    life.bill(4)
    life.publish("2013-02-10", fee("100", floor_unit_price="1"))
    life.publish("2013-04-01", fee("120"))
    life.bill(5)
    batch = Artefacts(life.world.objects).read(BATCH_PLAN, f"{INC}-2013-05-001", "0000-0000")
    (terms,) = [terms for terms in batch.accounts if terms.account.id == "UA"]
    assert [month.period.name for month in terms.earlier] == []


def test_late_usage_of_a_commitment_whose_contract_has_ended_gives_its_shortfall_back() -> None:
    """5,000 for a quarter, 1,000 used: 4,000 short. 2,000 come late: 2,000 less short."""
    quarter = least("5000", "miles", months=3)
    life = Life(miles("1"), commitments=[quarter])
    life.publish("2013-01-01", miles("1"), commitments=[quarter], end="2013-04-01")
    life.other_contract(charge("other", {"model": "flat", "amount": "10"}))
    life.use("2013-01-05", "1000")
    for number in (1, 2, 3):
        life.bill(number)
    life.use("2013-02-05", "2000")
    lines = life.bill(4)
    assert lines == {
        "other:2013-04": "10.00",
        "difference:miles:2013-02": "2000.00",
        "least:2013-01-01_2013-04-01": "-2000.00",
    }


def test_usage_that_comes_late_takes_what_rolled_over_from_it() -> None:
    """1,000 free: January uses 700 and February 1,300, of 300 carried; then 300 of January: 300 in all are not free."""
    life = Life(miles("1", included_quantity="1000", rollover=True))
    life.use("2013-01-05", "700")
    assert life.bill(1) == {}
    life.use("2013-02-05", "1300")
    assert life.bill(2) == {}
    life.use("2013-01-06", "300")
    assert life.bill(3) == {"difference:miles:2013-02": "300.00"}
    assert life.total(1, 2, 3) == Decimal("300.00")


def test_an_amended_month_uses_what_was_carried_first_and_each_part_its_own() -> None:
    """500 carried into January, 1,500 used after the 5th at 1.10: 1,500 - 500 - 1,000 x 27/31 = 129.03 are priced."""
    rolling = {"included_quantity": "1000", "rollover": True, "effective": {"start": "2012-12-01"}}
    life = Life(fee("0"))
    life.publish("2012-12-01", miles("1", **rolling))
    life.publish("2013-01-05", miles("1.1", **rolling))
    life.world.moment = datetime(2012, 12, 1, 12, tzinfo=UTC)
    life.use("2012-12-10", "500")
    life.bill(0)
    life.use("2013-01-10", "1500")
    assert life.bill(1) == {"miles:2013-01@2013-01-05": "141.94"}
    life.use("2013-02-10", "1200")
    assert life.bill(2) == {"miles:2013-02": "78.06"}  # 1,200 less 1,000 and the 129.03 that the first part left


def test_late_usage_draws_the_credit_that_it_would_have_drawn() -> None:
    life = Life(miles("1"), credits=[prepaid("5000")])
    life.use("2013-01-05", "1000")
    assert life.bill(1) == {"miles:2013-01": "1000.00", "prepaid:miles:2013-01": "-1000.00"}
    life.use("2013-01-06", "1000")
    assert life.bill(2) == {"difference:miles:2013-01": "1000.00", "difference:prepaid:miles:2013-01": "-1000.00"}
    assert life.drawn(2) == Decimal(2000)
    life.use("2013-02-06", "4000")
    assert life.bill(3) == {"difference:miles:2013-02": "4000.00", "difference:prepaid:miles:2013-02": "-3000.00"}


@dataclass(frozen=True)
class Reduced:
    """One month's fees under terms that take something off; what the month comes to."""

    case: str
    charges: list[dict[str, Any]]
    terms: dict[str, Any]
    number: int
    comes_to: str


TRIAL = {"waivers": [{"id": "t", "reason": "trial", "days": {"start": "2013-01-01", "end": "2013-01-15"}}]}
THIRTY = {"proration": {"method": "thirty_day_months"}}
TWO_FEES = [fee("100"), charge("other", {"model": "flat", "amount": "50"})]
REDUCED = [
    # 310 x 17/31 = 170, and all 17 billed days are discounted: 170 x 80 %
    Reduced("after a trial", [fee("310")], {**TRIAL, "discounts": [off("2013-01-15", percent="20")]}, 1, "136.00"),
    # 30 days, 16 of them from the 15th on (the 28th stands for three): 300 - 150 x 16/30
    Reduced(
        "under 30-day months", [fee("300")], {**THIRTY, "discounts": [off("2013-02-15", percent="50")]}, 2, "220.00"
    ),
    # 310 - 20 % of 150 - 10 % of 160
    Reduced(
        "two that follow one another",
        [fee("310")],
        {"discounts": [off(end="2013-01-16", percent="20"), off("2013-01-16", percent="10") | {"id": "ten"}]},
        1,
        "264.00",
    ),
    # 10 % of 10.05 twice is 1.005 each: 1.01 and 1.01 by line, 2.01 of the sum
    Reduced(
        "rounded by line",
        [fee("10.05"), charge("other", {"model": "flat", "amount": "10.05"})],
        {"discounts": [off(percent="10")]},
        1,
        "18.08",
    ),
    Reduced(
        "rounded by document",
        [fee("10.05"), charge("other", {"model": "flat", "amount": "10.05"})],
        {"discounts": [off(percent="10", rounding="per_document")]},
        1,
        "18.09",
    ),
    # 100 + 50, a shortfall of 50, less 175
    Reduced(
        "a credit over a shortfall",
        TWO_FEES,
        {"commitments": [least("200", "fee", "other")], "credits": [prepaid("175")]},
        1,
        "25.00",
    ),
    Reduced(
        "a credit that leaves shortfalls alone",
        TWO_FEES,
        {"commitments": [least("200", "fee", "other")], "credits": [prepaid("175", shortfalls=False)]},
        1,
        "50.00",
    ),
]


@pytest.mark.parametrize("case", REDUCED, ids=lambda case: case.case)
def test_what_comes_off_a_month(case: Reduced) -> None:
    life = Life(*case.charges, **case.terms)
    for number in range(1, case.number + 1):
        life.bill(number)
    assert life.total(case.number) == Decimal(case.comes_to)


@pytest.mark.parametrize(
    ("spread", "first", "second"), [("pro_rata", "-20.00", "-10.00"), ("in_order", "-30.00", None)]
)
def test_a_fixed_discount_is_spread_as_its_term_says(spread: str, first: str, second: str | None) -> None:
    lines = Life(*TWO_FEES, discounts=[off(amount="30", spread=spread)]).bill(1)
    assert (lines["off:fee:2013-01"], lines.get("off:other:2013-01")) == (first, second)


def test_a_coupon_for_february_is_off_februarys_fee_wherever_it_is_billed() -> None:
    life = Life(fee("100", timing="in_advance"), discounts=[off("2013-02-01", "2013-03-01", amount="30")])
    assert life.bill(1) == {"fee:2013-01": "100.00", "fee:2013-02": "100.00", "off:fee:2013-02": "-30.00"}
    assert life.bill(2) == {"fee:2013-03": "100.00"}


def test_a_monthly_amount_is_off_every_months_share_of_a_year() -> None:
    """30.00 a month off 3,650: 12 times."""
    life = Life(fee("3650", **YEARLY), discounts=[off(amount="30")])
    life.bill(1)
    assert life.total(1) == Decimal("3290.00")


def test_a_monthly_cap_holds_for_every_months_share_of_a_year() -> None:
    """10.00 a day: every month is above 200.00. With 400.00 and 100.00 of usage in January: 310 + 90."""
    life = Life(
        fee("3650", **YEARLY), caps=[{"id": "cap", "name": "c", "amount": "200", "effective": {"start": "2013-01-01"}}]
    )
    life.bill(1)
    assert life.total(1) == Decimal("2400.00")
    cap = {"id": "cap", "name": "Cap", "amount": "400", "effective": {"start": "2013-01-01"}}
    life = Life(fee("3650", **YEARLY), miles("1"), caps=[cap])
    life.use("2013-01-05", "100")
    assert life.bill(1) == {
        "fee:2013-01-01_2014-01-01": "3650.00",
        "miles:2013-01": "100.00",
        "cap:miles:2013-01": "-10.00",
    }


def test_a_monthly_minimum_counts_each_months_share_of_a_year() -> None:
    """10.00 a day: February has 280 of 300."""
    life = Life(fee("3650", **YEARLY), commitments=[least("300", "fee")])
    assert [life.bill(number).get(f"least:{month(number)}") for number in (1, 2, 3)] == [None, "20.00", None]


def test_a_version_that_changes_nothing_priced_changes_no_amount() -> None:
    """Packages of 1,000 at 5.00, 500 used on the 5th and 500 on the 25th: one package, whatever it is called."""
    package = {"model": "package", "package_size": "1000", "package_price": "5"}
    life = Life(charge("miles", package, meter="miles_tracked"))
    renamed = charge("miles", package, meter="miles_tracked") | {"name": "Distance", "product": "other"}
    life.publish("2013-01-16", renamed | {"revenue_category": "services", "floor_unit_price": "0.001"})
    life.use("2013-01-05", "500")
    life.use("2013-01-25", "500")
    assert life.bill(1) == {"miles:2013-01": "5.00"}


@pytest.mark.parametrize(("meter", "price", "amount"), [("longest_leg", "1", "15.00"), ("longest_leg", "2", "30.00")])
def test_a_most_is_measured_once_and_shared_by_the_days_of_its_charge(meter: str, price: str, amount: str) -> None:
    """A most of 31 at 1.00, from the 17th on: 15 of 31 days."""
    used = charge("most", {"model": "per_unit", "unit_price": price}, meter=meter, effective={"start": "2013-01-17"})
    life = Life(used)
    life.use("2013-01-20", "31")
    assert life.bill(1) == {"most:2013-01": amount}


def test_a_most_is_shared_by_the_days_of_each_price() -> None:
    """The most is 10; 1.00 a unit and 2.00 from the 17th: 10 x 16/31 + 20 x 15/31 = 5.16 + 9.68."""
    life = Life(charge("most", {"model": "per_unit", "unit_price": "1"}, meter="longest_leg"))
    life.publish("2013-01-17", charge("most", {"model": "per_unit", "unit_price": "2"}, meter="longest_leg"))
    life.use("2013-01-20", "10")
    assert life.bill(1) == {"most:2013-01": "5.16", "most:2013-01@2013-01-17": "9.68"}


ADVANCE = {"timing": "in_advance"}
ENDS = {"effective": {"start": "2013-01-01", "end": "2013-02-15"}}


def test_a_credit_note_gives_back_what_a_difference_left() -> None:
    """280.00 for February, a difference of -140.00: 140.00 are left of the line."""
    life = Life(fee("280", **ADVANCE), miles("1"))
    life.bill(1)
    life.publish("2013-01-01", fee("280", **ADVANCE, **ENDS), miles("1"))
    life.use("2013-02-20", "1000")
    assert life.bill(2) == {"miles:2013-02": "1000.00", "difference:fee:2013-02": "-140.00"}
    with pytest.raises(InvalidInput, match=r"280.00 USD is more than the 140.00 USD that are left of line fee:2013-02"):
        life.credit(1, lines=[{"line": "fee:2013-02", "amount": "280"}])
    assert life.credit(1, lines=[{"line": "fee:2013-02"}]) == "140.00"
    assert life.bill(3) == {}


def test_a_difference_gives_back_nothing_that_a_credit_note_gave() -> None:
    """280.00 are conceded, then the fee turns out to be 140.00: nothing more to give back."""
    life = Life(fee("280", **ADVANCE), miles("1"))
    life.bill(1)
    assert life.credit(1, lines=[{"line": "fee:2013-02"}]) == "280.00"
    life.publish("2013-01-01", fee("280", **ADVANCE, **ENDS), miles("1"))
    assert life.bill(2) == {}


@pytest.mark.parametrize(
    ("rebill", "march"),
    [(False, {"difference:miles:2013-01": "50.00"}), (True, {"difference:miles:2013-01": "150.00"})],
)
def test_a_concession_is_not_billed_again_when_more_is_owed(rebill: bool, march: dict[str, str]) -> None:  # noqa: FBT001
    """100 used, 100.00 given back; then 50 come late: 50.00 more are owed after the concession, 150.00 without one."""
    life = Life(miles("1"))
    life.use("2013-01-05", "100")
    life.bill(1)
    assert life.credit(1, rebill=rebill) == "100.00"
    life.use("2013-01-06", "50")
    assert life.bill(2) == march
    assert life.bill(3) == {}


def test_a_concession_is_of_the_fee_with_all_that_comes_off_it() -> None:
    """1,000.00 less 50 %, 500.00 conceded. At half the price 250.00 are owed, less than what was conceded: nothing."""
    life = Life(fee("1000"), discounts=[off(percent="50")])
    life.bill(1)
    with pytest.raises(InvalidInput, match=r"501.00 USD is more than the 500.00 USD"):
        life.credit(1, lines=[{"line": "fee:2013-01", "amount": "501"}])
    assert life.credit(1, lines=[{"line": "fee:2013-01"}]) == "500.00"
    life.publish("2013-01-01", fee("500"), discounts=[off(percent="50")])
    lines = life.bill(2)
    assert sum(Decimal(net) for line, net in lines.items() if line.endswith("2013-01")) == 0
    assert life.total(2) == Decimal("250.00")


@pytest.mark.parametrize(
    ("credit", "asked", "money", "drawn"),
    [
        ("5000", None, "0.00", "0"),  # wholly drawn: all of it goes back to the credit
        ("400", "700", "600.00", "300"),  # 600.00 were paid in money and go back first
        ("400", None, "600.00", "0"),
        ("400", "500", "500.00", "400"),
    ],
)
def test_what_a_credit_paid_goes_back_to_it_after_the_money(
    credit: str, asked: str | None, money: str, drawn: str
) -> None:
    life = Life(fee("1000"), credits=[prepaid(credit)])
    life.bill(1)
    line = {"line": "fee:2013-01"} | ({"amount": asked} if asked else {})
    assert life.credit(1, lines=[line]) == money
    life.publish("2013-02-01", fee("0"), credits=[prepaid(credit)])
    life.bill(2)
    drawn_now = [each.amount for each in life.world.invoice(f"{INC}.2013-02.UA").credits_drawn]
    assert drawn_now == [Decimal(drawn)]


def test_an_invoice_and_its_full_credit_note_come_to_nothing_whatever_came_off() -> None:
    life = Life(fee("1000"), miles("1"), discounts=[off(percent="30")], credits=[prepaid("400")])
    life.use("2013-01-05", "123")
    life.bill(1)
    assert life.credit(1) == f"{life.total(1):.2f}"
    life.publish("2013-02-01", fee("0"), miles("1"), credits=[prepaid("400")])
    life.use("2013-02-05", "300")
    assert life.bill(2) == {"miles:2013-02": "300.00", "prepaid:miles:2013-02": "-300.00"}


def test_a_year_that_ends_in_april_has_earned_its_first_quarter_for_ever() -> None:
    """3,650 x 90/365 = 900.00, from April on in every month."""
    life = Life(fee("3650", **YEARLY), miles("1"))
    life.bill(1)
    life.publish(
        "2013-01-01", fee("3650", **YEARLY, effective={"start": "2013-01-01", "end": "2013-04-01"}), miles("1")
    )
    life.use("2013-02-05", "5000")
    life.bill(2)
    for number in (3, 4):
        life.bill(number)
    assert [life.earned(day) for day in ("2013-03-01", "2013-04-01", "2013-05-01", "2013-08-01", "2014-01-01")] == [
        "590.00",
        "900.00",
        "900.00",
        "900.00",
        "900.00",
    ]


@pytest.mark.parametrize(
    ("sent", "billed"), [("0.083333333333000000", "0.083333333333"), ("1.50000000000000000000", "1.5")]
)
def test_zeros_at_the_end_of_a_quantity_are_not_precision(sent: str, billed: str) -> None:
    life = Life(miles("1"))
    life.use("2013-01-05", sent)
    life.bill(1)
    (line,) = life.world.invoice(f"{INC}.2013-01.UA").lines
    assert decimal_text(line.priced.quantity) == billed


@pytest.mark.parametrize(
    ("time", "is_taken"),
    [
        ("2013-01-05T23:59:60Z", True),
        ("2013-01-05T18:59:60-05:00", True),
        ("2013-01-05T23:59:60.5Z", True),
        ("2013-01-05T22:59:60Z", False),
        ("2013-01-05T23:58:60Z", False),
    ],
)
def test_a_leap_second_is_the_second_before_it(time: str, is_taken: bool) -> None:  # noqa: FBT001
    life = Life(miles("1"))
    life.world.moment = datetime(2013, 1, 6, 12, tzinfo=UTC)
    counts = life.world.ingest([flight(1, time=time, data={"distance": "7"})])
    assert (counts.accepted, counts.quarantined) == (int(is_taken), int(not is_taken))
    assert life.bill(1) == ({"miles:2013-01": "7.00"} if is_taken else {})


def test_a_credit_that_is_finer_than_the_currency_is_refused_when_it_is_published() -> None:
    with pytest.raises(ValidationError, match="credit prepaid is finer than the minor unit of USD"):
        Life(fee("1"), credits=[prepaid("0.005")])


def seats(number: int, **more: Any) -> dict[str, Any]:
    price = {"model": "seats", "seats": number, "unit_price": "31", "true_up": "daily"}
    return charge("seats", price, seats_meter="longest_leg", **more)


def test_the_last_reading_of_seats_goes_on_and_not_the_highest() -> None:
    """12 at noon of the 2nd, 9 that evening: 12 on one day, then 9; of 10 seats 2 are above on 1 of 31 days."""
    life = Life(seats(10))
    life.use("2013-01-02", "12")
    life.use_at("2013-01-02T22:00:00-05:00", "9")
    assert life.bill(1)["seats:2013-01:true_up"] == "2.00"


def test_a_day_and_a_part_begin_with_the_seats_before_them() -> None:
    """12 from the 2nd, 9 from noon of the 20th, 10 seats and 11 from the 17th: 2 x 15 days, then 1 x 4 days."""
    life = Life(seats(10))
    life.publish("2013-01-17", seats(11))
    life.use_at("2013-01-02T00:00:00-05:00", "12")
    life.use_at("2013-01-20T12:00:00-05:00", "9")
    lines = life.bill(1)
    assert (lines["seats:2013-01:true_up"], lines["seats:2013-01:true_up@2013-01-17"]) == ("30.00", "4.00")


def test_seats_that_are_charged_from_a_day_are_trued_up_from_it() -> None:
    """One seat seen on every day, charged from the 17th: 15 of 31 days of 31.00."""
    life = Life(seats(0, effective={"start": "2013-01-17"}))
    life.use_at("2013-01-01T00:00:00-05:00", "1")
    assert life.bill(1) == {"seats:2013-01:true_up@2013-01-17": "15.00"}


def asked(price: dict[str, Any], usage: dict[str, Any] | None = None, **more: Any) -> str:
    """Ask `billproof price`, half up in USD, for January unless said."""
    fields = {"currency": "USD", "rounding": "half_up", "period": "2013-01", "usage": usage or {}, **more}
    return quote(PriceRequest.model_validate({"price": price, **fields})).amount.text


ONE_PERCENT = {"model": "percentage", "percent": "1"}
DEARER = {
    "effective": {"start": "2012-01-01"},
    "ramp": [{"start": "2013-01-16", "price": {**ONE_PERCENT, "percent": "2"}}],
}


def test_a_price_request_shows_what_a_commitment_of_months_falls_short_of() -> None:
    """400.00 for three months of 91 days of which 90 are covered, nothing used: 400 x 90/91."""
    quarter = least("400", "charge", months=3, effective={"start": "2013-07-01", "end": "2013-09-29"})
    unit = {"model": "per_unit", "unit_price": "1"}
    assert (
        asked(unit, terms={"commitments": [quarter]}, period="2013-09", charge={"effective": {"start": "2012-01-01"}})
        == "391.30"
    )
    quarter = least("400", "charge", months=3, effective={"start": "2013-04-01", "end": "2013-06-30"})
    assert (
        asked(unit, terms={"commitments": [quarter]}, period="2013-06", charge={"effective": {"start": "2012-01-01"}})
        == "395.60"
    )


def test_a_price_request_trues_seats_up_from_the_day_of_their_charge() -> None:
    price = {"model": "seats", "seats": 0, "unit_price": "31.00", "true_up": "daily"}
    assert asked(price, {"days": ["1"] * 31}, charge={"effective": {"start": "2013-01-17"}}) == "15.00"


def test_a_percentage_with_a_ramp_takes_dated_transactions_and_no_others() -> None:
    """100.00 each on the 5th, 15th and 25th at 1 %, 2 % from the 16th: 1 + 1 + 2."""
    dated = [{"day": f"2013-01-{day}", "amount": "100"} for day in ("05", "15", "25")]
    assert asked(ONE_PERCENT, {"dated_transactions": dated}, charge=DEARER) == "4.00"
    with pytest.raises(InvalidInput, match=r"usage.dated_transactions must say the day of each"):
        asked(ONE_PERCENT, {"transactions": ["100", "100", "100"]}, charge=DEARER)


@pytest.mark.parametrize(
    ("price", "usage", "said"),
    [
        (
            ONE_PERCENT,
            {"quantity": "5"},
            "percentage is priced by usage.dated_transactions or usage.transactions, not by usage.quantity",
        ),
        ({"model": "per_unit", "unit_price": "1"}, {"transactions": ["5"]}, "not by usage.transactions"),
        ({"model": "dynamic"}, {"quantity": "5"}, "dynamic is priced by usage.prices, not by usage.quantity"),
    ],
)
def test_usage_of_the_wrong_kind_is_refused_with_the_right_one(
    price: dict[str, Any], usage: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        asked(price, usage)
