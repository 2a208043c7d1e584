"""What decides the digest of a month's terms: every term that may change an amount of the month, and nothing else."""

from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.ids import digest
from billproof.periods import Period
from billproof.pricing.digests import terms_digest, versions_digest
from tests.support.whole_contracts import charge, off, version

JANUARY = Period.month("2013-01")
BASE, YEAR = charge("base", "100"), charge("year", "1200", cadence={"interval": "year", "anchor": "2012-07-01"})
ALWAYS = {"start": "2012-01-01"}
UNPRICED = {"effective", "days", "ramp", "name", "floor_unit_price"}


def plain(*more: dict[str, Any], **terms: Any) -> Contract:
    return version(1, "2012-01-01", *(more or (BASE,)), **terms)


def of(*versions: Contract, month: str = "2013-01") -> str:
    return terms_digest(versions, Period.month(month))


def later(start: str, *charges: dict[str, Any], **terms: Any) -> Contract:
    return version(2, start, *(charges or (BASE,)), **terms)


def waiver(start: str, end: str) -> dict[str, Any]:
    return {"id": "trial", "reason": "trial", "days": {"start": start, "end": end}}


DEARER = charge("base", "120")
EARLY, LATE = {"start": "2012-01-01", "end": "2013-01-01"}, {"start": "2013-03-01"}
"""Terms of the month after are among what is digested: a service period that meets a month's end is taken whole."""
LEAST = {"charges": ["base"], "revenue_category": "fees"}

ALIKE: list[tuple[str, tuple[Contract, ...]]] = [
    ("a version that says the same", (plain(), later("2013-01-10"))),
    ("another name", (plain({**BASE, "name": "Else"}),)),
    ("the lowest unit price, of which a control warns", (plain({**BASE, "floor_unit_price": "1"}),)),
    ("a price from March on", (plain(), later("2013-03-01", DEARER))),
    ("a discount of a later month", (plain(discounts=[off("d", percent="10", days=LATE)]),)),
    ("a discount of an earlier month", (plain(discounts=[off("d", percent="10", days=EARLY)]),)),
    ("a waiver of a later month", (plain(waivers=[waiver("2013-03-01", "2013-03-02")]),)),
]
OTHER: list[tuple[str, tuple[Contract, ...]]] = [
    ("another price", (plain(DEARER),)),
    ("a price of the month's last day", (plain(), later("2013-01-31", DEARER))),
    ("a price of the month's first day", (plain(DEARER), later("2013-01-02"))),
    ("when the charge began", (version(1, "2011-06-01", {**BASE, "effective": {"start": "2011-06-01"}}),)),
    ("another product", (plain({**BASE, "product": "more"}),)),
    ("a charge more", (plain(BASE, charge("extra", "1")),)),
    (
        "a charge that ends within the month",
        (plain({**BASE, "effective": {"start": "2012-01-01", "end": "2013-01-31"}}),),
    ),
    ("a discount", (plain(discounts=[off("d", percent="10")]),)),
    ("a discount of its last day", (plain(discounts=[off("d", percent="10", days={"start": "2013-01-31"})]),)),
    ("a cap", (plain(caps=[off("c", amount="10")]),)),
    ("a credit", (plain(credits=[off("c", amount="10")]),)),
    ("a commitment", (plain(commitments=[{**off("c", amount="10"), **LEAST}]),)),
    ("a waiver of its last day", (plain(waivers=[waiver("2013-01-31", "2013-02-01")]),)),
    ("how amounts are shared by days", (plain(proration={"method": "thirty_day_months"}),)),
    ("prices with tax", (plain(prices_include_tax=True),)),
    ("another currency", (plain().model_copy(update={"currency": "EUR"}),)),
    ("another time zone", (plain().model_copy(update={"time_zone": "Europe/Berlin"}),)),
    ("another account", (plain().model_copy(update={"account": "B"}),)),
    ("another contract", (plain().model_copy(update={"id": "L"}),)),
    ("a second contract", (plain(), plain().model_copy(update={"id": "L"}))),
]


@pytest.mark.parametrize("versions", [case[1] for case in ALIKE], ids=[case[0] for case in ALIKE])
def test_what_changes_no_amount_of_the_month_keeps_its_digest(versions: tuple[Contract, ...]) -> None:
    assert of(*versions) == of(plain())


@pytest.mark.parametrize("versions", [case[1] for case in OTHER], ids=[case[0] for case in OTHER])
def test_what_may_change_an_amount_of_the_month_changes_its_digest(versions: tuple[Contract, ...]) -> None:
    assert of(*versions) != of(plain())


@pytest.mark.parametrize(
    ("begins", "matters"),
    [("2012-07-01", True), ("2013-06-30", True), ("2013-07-01", False), ("2013-08-01", False)],
)
def test_the_days_of_a_year_that_reaches_into_the_month_matter(begins: str, *, matters: bool) -> None:
    """The year ends in June: its last price is one of the year of which January is a month."""
    dearer = later(begins, {**YEAR, "price": {"model": "flat", "amount": "2400"}})
    assert (of(plain(YEAR), dearer) != of(plain(YEAR))) is matters


def test_the_days_of_what_is_billed_in_the_month_matter() -> None:
    """A half-year in advance that begins in February is at home in January, whatever changes at its end."""
    ahead = charge("ahead", "600", timing="in_advance", cadence={"interval": "half_year", "anchor": "2012-02-01"})
    for begins, matters in (("2013-07-31", True), ("2014-01-31", True), ("2014-02-01", False)):
        dearer = later(begins, {**ahead, "price": {"model": "flat", "amount": "900"}})
        assert (of(plain(ahead), dearer) != of(plain(ahead))) is matters, begins


def test_a_digest_is_of_what_documents_of_before_were_digested_by() -> None:
    """The month of a document whose digest would move is priced again: its form is for ever."""
    first, second = plain(), later("2013-01-10", DEARER, waivers=[waiver("2013-01-30", "2013-02-05")])
    (fee,), (dearer,) = first.charges, second.charges
    trial = {"id": "trial", "reason": "trial", "charges": []}
    share = first.proration.model_dump(mode="json")
    spans = [
        [fee.model_dump(mode="json", exclude=UNPRICED), "2012-01-01", "2013-01-01", "2013-01-10", share, False],
        [dearer.model_dump(mode="json", exclude=UNPRICED), "2012-01-01", "2013-01-10", "2013-03-01", share, False],
        [trial, "2013-01-30", "2013-01-30", "2013-02-05", share, False],
    ]
    stated = {"contract": "K", "account": "A", "currency": "USD", "time_zone": "UTC", "spans": spans}
    assert of(first, second) == digest([stated])
    assert terms_digest([], JANUARY) == digest([])


FIRST_QUARTER, SECOND_QUARTER = ["base", "2013-01-01", "2012-12-01"], ["base", "2013-04-01", "2013-06-01"]


@pytest.mark.parametrize(
    ("month", "until", "homes"),
    [
        ("2013-01", "2013-04-01", [FIRST_QUARTER]),
        ("2013-02", "2013-04-01", [FIRST_QUARTER]),
        ("2013-03", "2013-07-01", [FIRST_QUARTER, SECOND_QUARTER]),  # the next one may begin in what it bills
    ],
)
def test_where_a_quarter_of_both_timings_is_at_home_is_among_what_its_months_are_digested_by(
    month: str, until: str, homes: list[list[str]]
) -> None:
    """It was at home in its last month before: both months are priced again, and together bill it once."""
    quarter = {"cadence": {"interval": "quarter"}}
    first = plain(charge("base", "900", timing="in_advance", **quarter))
    second = later("2013-02-15", charge("base", "900", **quarter))
    (fee,) = second.charges
    share = first.proration.model_dump(mode="json")
    spans = [[fee.model_dump(mode="json", exclude=UNPRICED), "2012-01-01", "2013-01-01", until, share, False]]
    stated = {"contract": "K", "account": "A", "currency": "USD", "time_zone": "UTC", "spans": spans}
    assert of(first, second, month=month) == digest([{**stated, "homes": homes}])


def test_the_versions_that_are_known_have_a_digest_whatever_their_order() -> None:
    first, second = plain(), later("2013-01-10")
    assert versions_digest([second, first]) == versions_digest([first, second]) == digest(["K#1", "K#2"])


def test_accounts_with_a_charge_of_both_timings_look_at_every_month_again_once() -> None:
    """An invoice of before took back what was billed in advance, and no version became known since."""
    first, second = plain(charge("base", "900", timing="in_advance"), charge("other", "1")), later("2013-02-15")
    assert versions_digest([second, first]) == digest(["K#1", "K#2", "K#base#timings"])
