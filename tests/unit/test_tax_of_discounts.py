"""A fixed discount over fees of two rates: each bears the rate of the fee that it comes off, so its order matters."""

import pytest

from tests.support.priced_accounts import plan_of, priced, terms_of
from tests.support.taxes import customer, seller, tax_lines
from tests.support.whole_contracts import charge, off, version

JULY = {"start": "2020-07-01", "end": "2020-08-01"}
FEES = (
    charge("july", "100"),
    charge("year", "1200", timing="in_advance", cadence={"interval": "year", "anchor": "2020-07-01"}),
)


@pytest.mark.parametrize(
    ("spread", "amounts"),
    [
        # 30.00 over 100.00 and 1,200 x 31/365 = 101.92: 30 x 100 / 201.92 = 14.86, and the rest of it
        ("pro_rata", {"july": ("-14.86", "-2.38"), "year": ("-15.14", "-2.88")}),
        ("in_order", {"july": ("-30.00", "-4.80")}),
    ],
)
def test_a_fixed_discount_is_taxed_as_the_fees_that_it_comes_off(
    spread: str, amounts: dict[str, tuple[str, str]]
) -> None:
    """July 2020 bears 16 %, the year to June 2021 bears 19 % (section 27 (1) UStG)."""
    contract = version(1, "2020-07-01", *FEES, discounts=[off("d", days=JULY, amount="30", spread=spread)])
    lines = priced(terms_of(contract), plan_of("2020-07")).lines
    taxed = tax_lines(seller("DE"), customer("DE", id="A"), *lines, issued="2020-08-01").lines
    texts = [(tax.amounts.net.text, tax.amounts.tax.text) for tax in taxed]
    fees = {line.charge: text for line, text in zip(lines, texts, strict=True) if line.term != "d"}
    assert fees == {"july": ("100.00", "16.00"), "year": ("1200.00", "228.00")}
    assert {line.charge: text for line, text in zip(lines, texts, strict=True) if line.term == "d"} == amounts
