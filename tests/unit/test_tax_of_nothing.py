"""A fee of which nothing is left bears no tax, whatever rounding leaves: amounts by hand."""

from decimal import Decimal

from billproof.masterdata.parties import TaxRounding
from billproof.money import Money, Rounding
from billproof.pricing.model import LineKind, PricedAccount, PricedLine
from billproof.pricing.terms import AccountTerms, BookingRule
from billproof.tax.amounts import tax_line
from billproof.tax.model import Determination, TaxedLine, Treatment
from billproof.tax.reduced import cleared
from billproof.tax.service import tax_account
from tests.support.taxes import customer, difference, fee, plan_of, seller

FEE = fee("2026-01-01", "2026-02-01", "2.08")
FOUR = Determination(
    jurisdiction="US-NY",
    treatment=Treatment.STANDARD,
    percent=Decimal(4),
    taxable_share=Decimal(1),
    reason="a test",
    source="a test",
    rules_version="1",
    tax_point=FEE.covered.start,
    needs_review=False,
)


def off(line: PricedLine, net: str, name: str) -> PricedLine:
    changes = {"id": f"{name}:{line.id}", "kind": LineKind.DISCOUNT, "net": Money.of(net, "EUR")}
    return line.model_copy(update=changes)


def taxed(line: PricedLine, determination: Determination = FOUR) -> TaxedLine:
    return tax_line(line.id, line.net, determination, Rounding.HALF_EVEN)


def taxes(lines: list[PricedLine], done: list[TaxedLine]) -> list[str]:
    assert [line.line for line in done] == [line.id for line in lines]
    return [line.amounts.tax.text for line in done]


DISCOUNTED = [FEE, off(FEE, "-0.69", "third"), off(FEE, "-1.39", "rest")]


def test_what_rounding_leaves_of_a_fee_of_which_nothing_is_left_is_taken_off() -> None:
    """4 % of 2.08, -0.69 and -1.39 are 0.08, -0.03 and -0.06: a cent too much is taken off."""
    rounded = [taxed(line) for line in DISCOUNTED]
    assert taxes(DISCOUNTED, rounded) == ["0.08", "-0.03", "-0.06"]
    assert taxes(DISCOUNTED, cleared(DISCOUNTED, rounded)) == ["0.09", "-0.03", "-0.06"]
    adjusted = [difference(line, line.net.text) for line in DISCOUNTED]
    assert taxes(adjusted, cleared(adjusted, [taxed(line) for line in adjusted])) == ["0.09", "-0.03", "-0.06"]


def test_a_fee_of_which_something_is_left_keeps_the_tax_of_each_line() -> None:
    left = [FEE, off(FEE, "-0.69", "third"), off(FEE, "-1.38", "rest")]
    assert cleared(left, [taxed(line) for line in left]) == [taxed(line) for line in left]
    both = [*DISCOUNTED, fee("2026-01-01", "2026-02-01", "1.00", id="other")]
    assert taxes(both, cleared(both, [taxed(line) for line in both])) == ["0.09", "-0.03", "-0.06", "0.04"]


def test_fees_are_told_apart_by_contract_and_period_and_keep_taxes_that_differ() -> None:
    of_other = DISCOUNTED[2].explanation.model_copy(update={"contract": "L"})
    apart = [*DISCOUNTED[:2], DISCOUNTED[2].model_copy(update={"explanation": of_other})]
    assert cleared(apart, [taxed(line) for line in apart]) == [taxed(line) for line in apart]
    of_before = [*DISCOUNTED[:2], difference(DISCOUNTED[2], "-1.39")]
    assert cleared(of_before, [taxed(line) for line in of_before]) == [taxed(line) for line in of_before]
    elsewhere = FOUR.model_copy(update={"jurisdiction": "US-CA"})
    mixed = [*(taxed(line) for line in DISCOUNTED[:2]), taxed(DISCOUNTED[2], elsewhere)]
    assert cleared(DISCOUNTED, mixed) == mixed
    with_tax = [line.model_copy(update={"includes_tax": True}) for line in DISCOUNTED]
    assert cleared(with_tax, [taxed(line) for line in with_tax]) == [taxed(line) for line in with_tax]


def test_documents_of_before_and_those_that_are_rounded_as_a_whole_keep_their_taxes() -> None:
    """19 % of 2.08, -0.69 and -1.39 are 0.40, -0.13 and -0.26."""
    account = customer("DE")

    def taxes_of(booking: BookingRule, rule: TaxRounding) -> list[str]:
        plan = plan_of(seller("DE", tax_rounding=rule), FEE, "2026-02-01")
        priced = PricedAccount(account=account.id, currency="EUR", period=plan.period, lines=tuple(DISCOUNTED))
        terms = AccountTerms(account=account, contracts=(), booking=booking)
        return taxes(DISCOUNTED, list(tax_account(terms, priced, plan=plan).lines))

    assert taxes_of(BookingRule.BY_DOCUMENT, TaxRounding.PER_LINE) == ["0.40", "-0.13", "-0.26"]
    assert sum(map(Decimal, taxes_of(BookingRule.BY_FEE, TaxRounding.PER_LINE))) == 0
    assert sum(map(Decimal, taxes_of(BookingRule.BY_FEE, TaxRounding.PER_DOCUMENT))) == 0
