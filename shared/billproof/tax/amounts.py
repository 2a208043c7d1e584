"""Putting determined tax on amounts: on each line, and on a document as a whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billproof.masterdata.parties import TaxRounding
from billproof.money import Money, Rounding, Taxed, allocate, exactly, total, unit
from billproof.periods import Period
from billproof.tax.model import ComponentTax, Determination, TaxedLine, TaxPart

HUNDRED = Decimal(100)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a line's price that bears one tax; `days` where the line is divided by them."""

    price: Money
    determination: Determination
    days: Period | None = None


def tax_shares(line: str, shares: Sequence[Share], rounding: Rounding, *, includes_tax: bool = False) -> TaxedLine:
    """Put tax on a line whose shares bear taxes of their own: each is taxed and rounded by itself, and they add up."""
    taxed = [tax_line(line, share.price, share.determination, rounding, includes_tax=includes_tax) for share in shares]
    if len(taxed) == 1:
        return taxed[0]
    currency = shares[0].price.currency
    return TaxedLine.construct_trusted(
        line=line,
        taxable_base=total((part.taxable_base for part in taxed), currency),
        amounts=Taxed.total([part.amounts for part in taxed], currency),
        tax_by_line=total((part.tax_by_line for part in taxed), currency),
        components=(),
        determination=taxed[-1].determination,
        parts=tuple(
            TaxPart(days=share.days, **{name: getattr(part, name) for name in TaxPart.model_fields if name != "days"})
            for share, part in zip(shares, taxed, strict=True)
        ),
    )


@exactly
def tax_line(
    line: str, price: Money, determination: Determination, rounding: Rounding, *, includes_tax: bool = False
) -> TaxedLine:
    """Put the determined tax on a line's price, or take it out where the price includes it.

    Each tax is rounded once; net + tax = gross by construction. Out of a price with tax comes
    price x rate / (100 + rate), the rate being that of the taxable share.
    """
    percents = [part.percent for part in determination.components] or [determination.percent]
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
            ComponentTax(name=part.name, jurisdiction=part.jurisdiction, amount=amount)
            for part, amount in zip(determination.components, taxes, strict=False)
        ),
        determination=determination,
        parts=(),
    )


def tax_document(lines: Sequence[TaxedLine], rounding: Rounding, rule: TaxRounding) -> list[TaxedLine]:
    """Return the lines of a document with tax rounded by its rule.

    Per document, the tax of all lines that bear the same tax is rounded once, and what that differs by from their own
    taxes is shared out among them, unit by unit: the document's tax is always the sum of its lines'. Lines of several
    components or parts keep their own.
    """
    if rule is TaxRounding.PER_LINE:
        return list(lines)
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, line in enumerate(lines):
        if not line.determination.components and not line.parts:
            groups.setdefault(line.determination.same_tax, []).append(place)
    done = list(lines)
    for places in groups.values():
        for place, line in zip(places, _together([lines[number] for number in places], rounding), strict=True):
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


def credit_parts(
    parts: Sequence[TaxPart],
    before: Money,
    credit: Money,
    rounding: Rounding,
    *,
    own: Sequence[Taxed] = (),
    left: Sequence[Taxed] = (),
    days: Period | None = None,
    covered: Period | None = None,
) -> tuple[TaxPart, ...]:
    """Return what a credit takes back of each part of a line, of which earlier ones took back some net amount.

    Counted from the line's first credit, as a line without parts is: the last one takes back what is left to the unit.
    What is for some days is of the parts that have them; so is what is for all that are `covered` now, once such
    credits or differences took back more of one part than of another. Of none more is taken back than its `own` rest
    on the invoice and than is `left` with its tax over all documents, as long as others have some; then than is left.
    """
    was = _credited(parts, before, rounding)
    rests = [_rest(part.amounts, taken) for part, taken in zip(parts, was, strict=True)]
    own = own or rests
    left = left or own
    taken = list(own)
    if credit != total((one.net for one in own), credit.currency):
        becomes = _credited(parts, before + credit, rounding)
        taken = [_rest(after, earlier) for after, earlier in zip(becomes, was, strict=True)]
    is_as_billed = days is None and ([one.net for one in own] == [one.net for one in rests] or taken == list(own))
    if not is_as_billed or _is_too_much(taken, left):
        taken = _taken(parts, own, left, credit, rounding, days or covered)
    backs = [Taxed.of(one.net, rest.tax) if one.net == rest.net else one for one, rest in zip(taken, left, strict=True)]
    return tuple(
        part.model_copy(
            update={
                "taxable_base": Money.rounded(
                    -back.net.amount * part.determination.taxable_share,
                    credit.currency,
                    rounding,
                ),
                "amounts": Taxed.of(-back.net, -back.tax),
                "tax_by_line": -back.tax,
                "components": _less(part, -back.tax, rounding),
            }
        )
        for part, back in zip(parts, backs, strict=True)
    )


def _rest(whole: Taxed, taken: Taxed) -> Taxed:
    return Taxed.of(whole.net - taken.net, whole.tax - taken.tax)


def _is_too_much(taken: Sequence[Taxed], left: Sequence[Taxed]) -> bool:
    """Say whether a part would be left with less than nothing; what takes something off is all of the other sign."""
    sign = -1 if sum((one.net.amount for one in left), ZERO) < 0 else 1
    return any((rest.net - one.net).amount * sign < 0 for one, rest in zip(taken, left, strict=True))


@exactly
def _taken(
    parts: Sequence[TaxPart],
    own: Sequence[Taxed],
    left: Sequence[Taxed],
    credit: Money,
    rounding: Rounding,
    days: Period | None,
) -> list[Taxed]:
    """Take a credit off the parts that have its days, or off all by what is left, of none more than that."""
    sign = -1 if credit.amount < 0 else 1
    most = [max(one.net.amount * sign, ZERO) for one in own]
    rests = [max(one.net.amount * sign, ZERO) for one in left]
    both = [min(pair) for pair in zip(most, rests, strict=True)]
    amounts = [ZERO] * len(parts)
    if any(most):
        weights = [_weight(part, limit, days) for part, limit in zip(parts, most, strict=True)]
        shares = allocate(credit, weights if any(weights) else most)
        amounts = [min(abs(share.amount), limit) for share, limit in zip(shares, both, strict=True)]
    for limits in (both, rests, most):
        room = [max(limit - amount, ZERO) for limit, amount in zip(limits, amounts, strict=True)]
        over = min(abs(credit.amount) - sum(amounts, ZERO), sum(room, ZERO))
        if over:
            more = allocate(Money.of(over, credit.currency), room)
            amounts = [amount + part.amount for amount, part in zip(amounts, more, strict=True)]
    taken: list[Taxed] = []
    for part, one, amount in zip(parts, own, amounts, strict=True):
        net = Money.of(amount * sign, credit.currency)
        rest = tax_line("", one.net - net, part.determination, rounding).amounts.tax
        taken.append(Taxed.of(net, one.tax if net == one.net else one.tax - rest))
    return taken


def _weight(part: TaxPart, limit: Decimal, days: Period | None) -> Decimal:
    if days is None or part.days is None:
        return limit
    start, end = max(days.start, part.days.start), min(days.end, part.days.end)
    return Decimal(max((end - start).days, 0))


def _credited(parts: Sequence[TaxPart], credited: Money, rounding: Rounding) -> list[Taxed]:
    """Return what a net amount that was credited of a line is of each of its parts."""
    nets = [part.amounts.net for part in parts]
    if credited == total(nets, credited.currency):
        return [part.amounts for part in parts]
    shares = allocate(credited, [abs(net.amount) for net in nets])
    return [
        tax_line("", share, part.determination, rounding).amounts for share, part in zip(shares, parts, strict=True)
    ]


@exactly
def _less(part: TaxPart, tax: Money, rounding: Rounding) -> tuple[ComponentTax, ...]:
    """Share a tax among the components of a part, in proportion to what they were."""
    if not part.components or part.amounts.tax.is_zero:
        return ()
    exact = (tax.amount * component.amount.amount / part.amounts.tax.amount for component in part.components[:-1])
    shares = [Money.rounded(amount, tax.currency, rounding) for amount in exact]
    shares.append(tax - total(shares, tax.currency))
    return tuple(
        component.model_copy(update={"amount": share}) for component, share in zip(part.components, shares, strict=True)
    )


def _shifted(line: TaxedLine, share: Money) -> TaxedLine:
    """Add to a line's tax, and to its largest component, where it has several: they always add up to it."""
    parts = list(line.components)
    if parts:
        place = max(range(len(parts)), key=lambda number: abs(parts[number].amount.amount))
        parts[place] = parts[place].model_copy(update={"amount": parts[place].amount + share})
    amounts = Taxed.of(line.amounts.net, line.amounts.tax + share)
    return line.model_copy(update={"amounts": amounts, "components": tuple(parts)})
