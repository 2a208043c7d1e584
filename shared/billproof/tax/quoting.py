"""The tax of a price request: each line taxed as on an invoice of the period's end."""

from datetime import timedelta

from billproof.errors import InvalidInput
from billproof.masterdata.parties import TaxEngineName
from billproof.money import Taxed
from billproof.periods import Period
from billproof.pricing.quoting import PriceRequest, Quote, TaxGiven, quote, sums_that_fit
from billproof.pricing.terms import BookingRule
from billproof.tax.line_taxes import LineTaxes
from billproof.tax.model import TaxedLine
from billproof.tax.service import taxed_lines
from billproof.tax.time_of_supply import InvoiceDays


class TaxedQuote(Quote):
    """A quote with the tax of each line, in their order, and what it comes to in all."""

    taxes: tuple[TaxedLine, ...]
    totals: Taxed


def quote_taxed(request: PriceRequest, tax: TaxGiven) -> TaxedQuote:
    """Price the charges and tax them by the rules.

    Raises what `quote` does, UndeterminedTax as an invoice would, and InvalidInput where an external engine is asked.
    """
    entity = tax.legal_entity
    if entity.tax_engine is not TaxEngineName.RULES:
        message = f"{entity.id} asks the external tax engine {entity.tax_engine}: a price request is taxed by the rules"
        raise InvalidInput(message)
    quoted, issue = quote(request), Period.month(request.period).end
    days = InvoiceDays(issue, issue + timedelta(days=entity.payment_days))
    taxes = LineTaxes(entity, (tax.account,), quoted.lines, days, charged={}, kept={})
    with sums_that_fit():
        taxed = taxed_lines(entity, quoted.lines, taxes, booking=BookingRule.BY_FEE)
        totals = Taxed.total([line.amounts for line in taxed], request.currency)
    return TaxedQuote(amount=quoted.amount, lines=quoted.lines, taxes=taxed, totals=totals)
