"""Taxes on shares of a line, on lines of several components, and what certificates free from: amounts by hand."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from billproof.masterdata.parties import TaxRounding
from billproof.money import Money, Rounding, Taxed
from billproof.pricing.model import Adjusts, PricedLine
from billproof.tax.amounts import Share, credit_parts, tax_document, tax_given, tax_line, tax_shares
from billproof.tax.certificates import exempted
from billproof.tax.charged import AccountCharges, ChargedPart, ChargedTax, charges_by_line, kept_by_line, taken_back
from billproof.tax.model import Component, Determination, TaxedLine, Treatment
from billproof.tax.supply import Supply
from tests.support.taxes import customer, difference, fee, seller

HALF_UP = Rounding.HALF_UP
DAY = fee("2026-01-01", "2026-02-01").covered.start


def tax(percent: str, *components: tuple[str, str, str], share: str = "1", **changes: Any) -> Determination:
    facts: dict[str, Any] = {
        "jurisdiction": "XX",
        "treatment": Treatment.STANDARD,
        "percent": Decimal(percent),
        "taxable_share": Decimal(share),
        "reason": "a test",
        "source": "a test",
        "rules_version": "1",
        "tax_point": DAY,
        "needs_review": False,
        "components": tuple(
            Component(name=name, jurisdiction=place, percent=Decimal(part)) for name, place, part in components
        ),
    }
    return Determination(**{**facts, **changes})


TEN, TWENTY = tax("10"), tax("20", jurisdiction="YY")
BOTH = tax("15", ("GST", "CA", "5"), ("PST", "CA-BC", "10"), jurisdiction="CA-BC")
HALF = tax("10", share="0.5")


def euros(amount: str) -> Money:
    return Money.of(amount, "EUR")


def said(amounts: Taxed) -> tuple[str, str]:
    return amounts.net.text, amounts.tax.text


def line(net: str, determination: Determination = TEN, name: str = "l") -> TaxedLine:
    return tax_line(name, euros(net), determination, HALF_UP)


def test_a_line_of_two_shares_is_the_sum_of_both() -> None:
    """10 % of 0.05 and 20 % of 0.15, each half up: 0.01 and 0.03."""
    first, second = fee("2026-01-01", "2026-01-16").covered, fee("2026-01-16", "2026-02-01").covered
    shares = [Share(euros("0.05"), TEN, first), Share(euros("0.15"), HALF, second)]
    taxed = tax_shares("l", shares, HALF_UP)
    assert (taxed.line, said(taxed.amounts), taxed.tax_by_line.text) == ("l", ("0.20", "0.02"), "0.02")
    assert (taxed.taxable_base.text, taxed.determination, taxed.components) == ("0.13", HALF, ())
    rows = [(part.days, said(part.amounts), part.taxable_base.text, part.tax_by_line.text) for part in taxed.parts]
    assert rows == [(first, ("0.05", "0.01"), "0.05", "0.01"), (second, ("0.15", "0.01"), "0.08", "0.01")]
    assert [part.determination for part in taxed.parts] == [TEN, HALF]
    alone = tax_shares("l", shares[:1], HALF_UP)
    assert (alone.parts, alone.determination) == ((), TEN)


def test_tax_is_taken_out_of_each_share_of_a_price_with_tax() -> None:
    taxed = tax_shares("l", [Share(euros("110"), TEN), Share(euros("120"), TWENTY)], HALF_UP, includes_tax=True)
    assert [said(part.amounts) for part in taxed.parts] == [("100.00", "10.00"), ("100.00", "20.00")]
    assert said(tax_line("l", euros("105"), HALF, HALF_UP, includes_tax=True).amounts) == ("100.00", "5.00")
    both = tax_line("l", euros("115"), BOTH, HALF_UP, includes_tax=True)
    assert (said(both.amounts), [part.amount.text for part in both.components]) == (
        ("100.00", "15.00"),
        ["5.00", "10.00"],
    )


def test_the_components_of_a_line_keep_their_names_and_are_rounded_by_themselves() -> None:
    taxed = line("0.10", BOTH)
    rows = [(part.name, part.jurisdiction, part.amount.text) for part in taxed.components]
    assert rows == [("GST", "CA", "0.01"), ("PST", "CA-BC", "0.01")]
    assert (said(taxed.amounts), taxed.parts) == (("0.10", "0.02"), ())


def test_what_is_given_more_is_of_the_largest_component() -> None:
    lines = [line("100", BOTH), line("100")]
    more = tax_given(lines, euros("25.03"))
    assert [said(one.amounts) for one in more] == [("100.00", "15.02"), ("100.00", "10.01")]
    assert [part.amount.text for part in more[0].components] == ["5.00", "10.02"]
    less = tax_given([line("-100", BOTH)], euros("-15.01"))
    assert [part.amount.text for part in less[0].components] == ["-5.00", "-10.01"]
    assert more[1].components == ()


def test_a_document_rounds_the_lines_of_one_tax_together_and_leaves_the_others() -> None:
    """0.05 three times at 10 % are 0.015: two units of the three that the lines have; another tax is another matter."""
    several = tax_shares("s", [Share(euros("0.05"), TEN), Share(euros("0.05"), TWENTY)], HALF_UP)
    lines = [line("0.05"), line("0.05", BOTH), line("0.05"), line("0.05", TWENTY), several, line("0.05")]
    document = tax_document(lines, HALF_UP, TaxRounding.PER_DOCUMENT)
    assert [said(one.amounts)[1] for one in document] == ["0.00", "0.01", "0.01", "0.01", "0.02", "0.01"]
    assert tax_document(lines, HALF_UP, TaxRounding.PER_LINE) == lines
    assert document[1] == lines[1]
    half = [line("0.10", HALF), line("0.10", HALF)]  # 10 % of a half of 0.20: 0.01 in all, and 0.01 each
    assert [said(one.amounts)[1] for one in tax_document(half, HALF_UP, TaxRounding.PER_DOCUMENT)] == ["0.00", "0.01"]


def test_a_credit_takes_back_its_share_of_each_component() -> None:
    """A third of 100.00 and of 50.00: 33.33 + 16.67; of taxes of 5.00 + 10.00 and of 5.00."""
    shares = [Share(euros("100"), BOTH), Share(euros("50"), HALF)]
    parts = tax_shares("l", shares, HALF_UP).parts
    before, notes = euros("0"), []
    for credit in ("50", "50.01", "49.99"):
        notes.append(credit_parts(parts, before, euros(credit), HALF_UP))
        before += euros(credit)
    assert [[said(part.amounts) for part in note] for note in notes] == [
        [("-33.33", "-5.00"), ("-16.67", "-0.83")],
        [("-33.34", "-5.00"), ("-16.67", "-0.84")],
        [("-33.33", "-5.00"), ("-16.66", "-0.83")],
    ]
    assert [[part.taxable_base.text for part in note] for note in notes] == [
        ["-33.33", "-8.34"],
        ["-33.34", "-8.34"],
        ["-33.33", "-8.33"],
    ]
    assert [[share.amount.text for share in note[0].components] for note in notes] == [["-1.67", "-3.33"]] * 3
    assert [note[1].components for note in notes] == [(), (), ()]
    assert notes[0][0].tax_by_line == notes[0][0].amounts.tax
    assert [share.name for share in notes[0][0].components] == ["GST", "PST"]


FREED = [
    # certificates of: percent, components, reason and treatment that are left
    ((), "15", "GST PST", "a test", "standard"),
    (("CA",), "10", "PST", "PST; free of GST: exempt, certificate of CA", "standard"),
    (("CA-BC",), "5", "GST", "GST; free of PST: exempt, certificate of CA-BC", "standard"),
    (("CA-ON",), "15", "GST PST", "a test", "standard"),
    (("CA", "CA-BC"), "0", "", "exempt, certificate of CA-BC", "exempt"),
    (("CA-BC", "CA", "CA-ON"), "0", "", "exempt, certificate of CA", "exempt"),
]


def certificate(place: str) -> dict[str, Any]:
    days = {"start": str(DAY), "end": "2027-01-01"}
    return {"jurisdiction": place, "certificate": f"of {place}", "reason": "exempt", "effective": days}


@pytest.mark.parametrize(("places", "percent", "components", "reason", "treatment"), FREED)
def test_what_certificates_leave_due(
    places: Sequence[str], percent: str, components: str, reason: str, treatment: str
) -> None:
    school = customer("CA", "BC", exemptions=[certificate(place) for place in places])
    left = exempted(BOTH, Supply.of(seller("CA"), school, DAY))
    assert (left.percent, " ".join(part.name for part in left.components)) == (Decimal(percent), components)
    assert (left.reason, left.treatment.value) == (reason, treatment)
    assert left.taxable_share == (0 if treatment == "exempt" else 1)


def test_several_taxes_that_stay_due_or_are_freed_are_all_named() -> None:
    three = tax("18", ("GST", "CA", "5"), ("PST", "CA-BC", "10"), ("EXTRA", "CA-BC", "3"))
    for place, said_so in (
        ("CA", "PST and EXTRA; free of GST: exempt, certificate of CA"),
        ("CA-BC", "GST; free of PST and EXTRA: exempt, certificate of CA-BC"),
    ):
        school = customer("CA", "BC", exemptions=[certificate(place)])
        assert exempted(three, Supply.of(seller("CA"), school, DAY)).reason == said_so
    plain = customer("CA", "BC", exemptions=[certificate("YY")])
    assert exempted(TWENTY, Supply.of(seller("CA"), plain, DAY)).treatment == "exempt"
    assert exempted(TEN, Supply.of(seller("CA"), plain, DAY)) == TEN


BEFORE = fee("2026-01-01", "2026-02-01", dimension={"region": "eu"})
TAKEN = [
    # what was charged, what takes back, the shares: the latest first
    ([("100", TEN)], "-30", [("-30.00", TEN)]),
    ([("100", TEN)], "-100", [("-100.00", TEN)]),
    ([("100", TEN)], "-130", [("-100.00", TEN), ("-30.00", TEN)]),
    ([("100", TEN), ("50", TWENTY)], "-50", [("-50.00", TWENTY)]),
    ([("100", TEN), ("50", TWENTY)], "-60", [("-50.00", TWENTY), ("-10.00", TEN)]),
    ([("100", TEN), ("50", TWENTY), ("-50", TWENTY)], "-60", [("-60.00", TEN)]),
    ([("100", TEN), ("50", TWENTY), ("-70", TEN)], "-60", [("-50.00", TWENTY), ("-10.00", TEN)]),
    ([("100", TEN), ("50", TWENTY)], "-170", [("-50.00", TWENTY), ("-100.00", TEN), ("-20.00", TEN)]),
    ([("100", TEN), ("-20", TWENTY)], "-50", [("-50.00", TEN)]),
    ([("0.50", TEN), ("0.50", TWENTY)], "-0.50", [("-0.50", TWENTY)]),
    ([("-100", TEN)], "40", [("40.00", TEN)]),
    ([("100", TEN)], "30", []),
    ([("100", TEN)], "0", []),
    ([("100", TEN), ("-100", TWENTY)], "-30", []),
    ([], "-30", []),
]


@pytest.mark.parametrize(("charged", "net", "shares"), TAKEN)
def test_what_is_taken_back_bears_the_tax_that_was_charged(
    charged: list[tuple[str, Determination]], net: str, shares: list[tuple[str, Determination]]
) -> None:
    taken = taken_back(difference(BEFORE, net), charges_by_line(charges(charged)))
    assert [(share.price.text, share.determination) for share in taken] == shares


def charges(parts: Sequence[tuple[str, Determination]]) -> AccountCharges:
    known = tuple(ChargedPart(price=euros(price), determination=of) for price, of in parts)
    of_line = ChargedTax(contract="K", period="2026-01", line=BEFORE.id, dimension=BEFORE.dimension, parts=known)
    return AccountCharges(account="UA", taxes=(of_line,))


def test_what_was_charged_is_of_one_line_of_one_period_group_and_contract() -> None:
    known = charges_by_line(charges([("100", TEN)]))
    back = difference(BEFORE, "-30")
    other_month = back.model_copy(update={"adjusts": Adjusts(period="2025-12", line=BEFORE.id, numbers=())})
    other_contract = back.explanation.model_copy(update={"contract": "L"})
    others: list[PricedLine] = [
        other_month,
        back.model_copy(update={"dimension": {}}),
        back.model_copy(update={"explanation": other_contract}),
        back.model_copy(update={"adjusts": None}),
    ]
    assert [taken_back(one, known) for one in others] == [[], [], [], []]
    assert charges_by_line(None) == {}
    assert kept_by_line(None) == {}
