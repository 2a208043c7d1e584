"""Putting determined tax on amounts: on each line, and on a document as a whole."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from billproof.masterdata.parties import TaxRounding
from billproof.money import Money, Rounding, Taxed, allocate, exactly, total, unit
from billproof.tax.model import ComponentTax, Determination, TaxedLine

HUNDRED = Decimal(100)


@exactly
def tax_line(
    line: str, price: Money, determination: Determination, rounding: Rounding, *, includes_tax: bool = False
) -> TaxedLine:
    """Put the determined tax on a line's price, or take it out where the price includes it.

    Each tax is rounded once; net + tax = gross by construction. Out of a price with tax comes
    price x rate / (100 + rate), the rate being that of the taxable share.
    """
    percents = [each.percent for each in determination.components] or [determination.percent]
    share = determination.taxable_share
    whole = sum((percent * share for percent in percents), Decimal(0))
    divisor = HUNDRED + whole if includes_tax else HUNDRED
    taxes = [Money.rounded(price.amount * share * percent / divisor, price.currency, rounding) for percent in percents]
    tax = taxes[0] if len(taxes) == 1 else total(taxes, price.currency)
    net = price - tax if includes_tax else price
    return TaxedLine.construct_trusted(  # of models that were checked
        line=line,
        taxable_base=Money.rounded(net.amount * share, price.currency, rounding),
        amounts=Taxed.of(net, tax),
        tax_by_line=tax,
        components=tuple(
            ComponentTax(name=each.name, jurisdiction=each.jurisdiction, amount=amount)
            for each, amount in zip(determination.components, taxes, strict=False)
        ),
        determination=determination,
    )


def tax_document(lines: Sequence[TaxedLine], rounding: Rounding, rule: TaxRounding) -> list[TaxedLine]:
    """Return the lines of a document with tax rounded by its rule.

    Per document, the tax of all lines that bear the same tax is rounded once, and what that differs by from their own
    taxes is shared out among them, unit by unit: the document's tax is always the sum of its lines'. Lines of several
    components keep their own.
    """
    if rule is TaxRounding.PER_LINE:
        return list(lines)
    groups: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        if not line.determination.components:
            groups.setdefault(line.determination.model_dump_json(), []).append(place)
    done = list(lines)
    for places in groups.values():
        for place, line in zip(places, _together([lines[each] for each in places], rounding), strict=True):
            done[place] = line
    return done


@exactly
def tax_given(lines: Sequence[TaxedLine], tax: Money) -> list[TaxedLine]:
    """Return lines whose taxes add up to a tax that was given for all of them, each as near to its own as it can be."""
    gap = tax - total((line.amounts.tax for line in lines), tax.currency)
    return list(lines) if gap.is_zero else _shared(lines, gap)


@exactly
def _together(lines: Sequence[TaxedLine], rounding: Rounding) -> Iterable[TaxedLine]:
    determination, currency = lines[0].determination, lines[0].amounts.net.currency
    base = sum((line.amounts.net.amount for line in lines), Decimal(0)) * determination.taxable_share
    tax = Money.rounded(base * determination.percent / HUNDRED, currency, rounding)
    gap = tax - total((line.amounts.tax for line in lines), currency)
    return lines if gap.is_zero else _shared(lines, gap)


def _shared(lines: Sequence[TaxedLine], gap: Money) -> list[TaxedLine]:
    """Share a gap out among the lines that are worth something: a unit each, or by their worth where it is larger."""
    weights = [abs(line.amounts.net.amount) for line in lines]
    if not any(weights):
        return list(lines)
    units = [Decimal(1) if weight else Decimal(0) for weight in weights]
    if abs(gap.amount) > unit(gap.currency) * sum(units):
        units = weights
    shares = allocate(gap, units)
    return [_shifted(line, share) for line, share in zip(lines, shares, strict=True)]


def _shifted(line: TaxedLine, share: Money) -> TaxedLine:
    """Add to a line's tax, and to its largest component, where it has several: they always add up to it."""
    parts = list(line.components)
    if parts:
        place = max(range(len(parts)), key=lambda number: abs(parts[number].amount.amount))
        parts[place] = parts[place].model_copy(update={"amount": parts[place].amount + share})
    amounts = Taxed.of(line.amounts.net, line.amounts.tax + share)
    return line.model_copy(update={"amounts": amounts, "components": tuple(parts)})
