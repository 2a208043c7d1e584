"""What the lines of an invoice in another currency come to in the books.

    billed        converted once for all lines together, net and tax, and shared over them: the books do not drift with
                  the number of lines (IAS 21.21: the rate of the day of the transaction)
    taken back    at what was booked when it was billed, in proportion: billed and taken back is zero in the books

A line that takes back more than is billed of it takes back all of that, and the rest is converted as the others are.
Terms that were frozen before this rule are booked line by line, as they were.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from billproof.invoicing.credit_amounts import Left
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.money import Money, Rounding, Taxed, exactly, share_out, total
from billproof.pricing.commitment_terms import MODEL
from billproof.pricing.model import Accrual, PricedLine, line_identity
from billproof.pricing.terms import AccountTerms, BookingRule, Charged

ZERO = Decimal(0)


def booked_lines(
    terms: AccountTerms,
    lines: Sequence[tuple[PricedLine, Taxed]],
    rate: ExchangeRate | None,
    rounding: Rounding,
) -> list[Taxed | None]:
    """Return what each line, with its net amount and tax, is booked with; None where the books have its currency."""
    if rate is None:
        return [None] * len(lines)
    if terms.booking is BookingRule.BY_LINE:
        return [rate.convert_taxed(amounts, rounding) for _, amounts in lines]
    before = [_charged_before(terms, line) for line, _ in lines]

    def converted(part: Callable[[Taxed], Money]) -> list[Money]:
        known = [(part(charged.amounts), part(charged.booked)) if charged else None for charged in before]
        return _converted([part(amounts) for _, amounts in lines], known, rate, rounding)

    nets, taxes = converted(lambda taxed: taxed.net), converted(lambda taxed: taxed.tax)
    return [Taxed.of(net, tax) for net, tax in zip(nets, taxes, strict=True)]


def booked_accruals(accrued: Sequence[Accrual], rate: ExchangeRate | None, rounding: Rounding) -> tuple[Accrual, ...]:
    """Return what is earned and not billed with what it comes to in the books, converted once for all together."""
    if rate is None or not accrued:
        return tuple(accrued)
    whole = rate.convert(total((accrual.earned for accrual in accrued), accrued[0].earned.currency), rounding)
    shares = share_out(whole, [rate.exact(accrual.earned) for accrual in accrued])
    return tuple(accrual.model_copy(update={"booked": share}) for accrual, share in zip(accrued, shares, strict=True))


def _charged_before(terms: AccountTerms, line: PricedLine) -> Charged | None:
    """Return what was charged before for what a line bills the difference of."""
    contract = line.explanation.contract
    if line.explanation.price_model == MODEL:
        mine = (contract, line.term, line.service_period.start)
        terms_over = {(over.contract, over.commitment, over.start): over.charged for over in terms.committed}
        return terms_over.get(mine)
    if line.adjusts is None:
        return None
    identity = line_identity(contract, line.adjusts.line, line.dimension)
    months = (month for month in terms.earlier if month.period.name == line.adjusts.period)
    return next((billed.charged for month in months for billed in month.billed if billed.identity == identity), None)


@exactly
def booked_back(credits_: Sequence[tuple[Left, Taxed]]) -> list[Taxed]:
    """Return what the lines of a credit note take back in the books, given what is left of each and what is credited.

    In proportion to what the invoice booked, counted from the line's first credit, and shared over the note's lines.
    """

    def back(part: Callable[[Taxed], Money]) -> list[Money]:
        exact = [_part_back(left, credit, part) for left, credit in credits_]
        line = credits_[0][0].line
        whole = Money.rounded(sum(exact, ZERO), line.in_books.net.currency, line.priced.explanation.rounding)
        return share_out(whole, exact)

    nets, taxes = back(lambda taxed: taxed.net), back(lambda taxed: taxed.tax)
    return [Taxed.of(net, tax) for net, tax in zip(nets, taxes, strict=True)]


def _part_back(left: Left, credit: Taxed, part: Callable[[Taxed], Money]) -> Decimal:
    rest, booked = Taxed.of(left.net, left.tax), part(left.booked).amount
    if credit == Taxed.of(-left.net, -left.tax) or part(rest) == -part(credit):
        return -booked
    whole, whole_booked = part(left.line.amounts).amount, part(left.line.in_books).amount
    kept = part(rest).amount + part(credit).amount
    return (whole_booked * kept / whole if whole else ZERO) - booked


@exactly
def _converted(
    amounts: Sequence[Money], before: Sequence[tuple[Money, Money] | None], rate: ExchangeRate, rounding: Rounding
) -> list[Money]:
    """Convert the amounts of a document: what is taken back as it was booked, the rest once for all together."""
    books = rate.other(amounts[0].currency) if amounts else ""
    taken_back, rests = [], []
    for amount, known in zip(amounts, before, strict=True):
        taken, booked = _taken_back(amount, *known) if known else (ZERO, ZERO)
        taken_back.append(booked)
        rests.append(Money.of(amount.amount - taken, amount.currency))
    if not amounts:
        return []
    whole = rate.convert(total(rests, amounts[0].currency), rounding)
    shares = share_out(whole, [rate.exact(rest) for rest in rests])
    back = share_out(Money.rounded(sum(taken_back, ZERO), books, rounding), taken_back)
    return [share + taken for share, taken in zip(shares, back, strict=True)]


def _taken_back(amount: Money, charged: Money, booked: Money) -> tuple[Decimal, Decimal]:
    """Return how much of an amount takes back what was charged, and what that was booked with, exactly."""
    if amount.amount * charged.amount >= 0:
        return ZERO, ZERO
    if abs(amount.amount) >= abs(charged.amount):
        return -charged.amount, -booked.amount
    return amount.amount, booked.amount * amount.amount / charged.amount
