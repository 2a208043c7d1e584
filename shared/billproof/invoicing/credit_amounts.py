"""How much of which line a credit note takes back: what is asked, within what is left, and what goes to credits."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from billproof.errors import InvalidInput
from billproof.identities import credited_line, reduced_line
from billproof.invoicing.credit_limits import MonthLine, Rests, ServicePeriod
from billproof.invoicing.credit_requests import CreditReason, CreditRequest, LineCredit
from billproof.invoicing.model import Invoice, InvoiceLine, Released
from billproof.model import decimal_text
from billproof.money import CONTEXT, Money, Taxed, exactly
from billproof.pricing.model import LineIdentity, PricedLine, line_identity
from billproof.pricing.terms import Drawn

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a line after earlier credits: its net amount and its tax, on the invoice and in the books.

    `parts` are what is left of each of its parts; none where an earlier document took something off all of it.
    """

    line: InvoiceLine
    net: Money
    tax: Money
    booked: Taxed
    parts: tuple[Taxed, ...] = ()

    @classmethod
    def whole(cls, line: InvoiceLine) -> Self:
        """Return a line of which nothing was credited."""
        parts = tuple(part.amounts for part in line.parts)
        return cls(line, line.amounts.net, line.amounts.tax, line.in_books, parts)

    def less(self, credit: InvoiceLine) -> "Left":
        """Take off what a credit note took back."""
        booked = Taxed.of(self.booked.net + credit.in_books.net, self.booked.tax + credit.in_books.tax)
        backs = [part.amounts for part in credit.parts]
        left = zip(self.parts, backs, strict=True) if len(backs) == len(self.parts) else ()
        parts = tuple(Taxed.of(part.net + back.net, part.tax + back.tax) for part, back in left)
        return Left(self.line, self.net + credit.amounts.net, self.tax + credit.amounts.tax, booked, parts)


type LineKey = tuple[LineIdentity, int]
"""A line of an invoice; old ids of reductions may be alike, and then the lines are told apart by their order."""


def lefts_of(invoice: Invoice, earlier: Iterable[Invoice]) -> dict[LineKey, Left]:
    """Return what is left of each line: two contracts may name lines alike."""
    left = {key: Left.whole(line) for key, line in _keyed(invoice.lines, lambda priced: priced.id)}
    for credit in earlier:
        for key, line in _keyed(credit.lines, lambda priced: credited_line(priced.id)):
            if key in left:  # else what another invoice drew of a credit for the line
                left[key] = left[key].less(line)
    return left


def _keyed(lines: Iterable[InvoiceLine], name: Callable[[PricedLine], str]) -> Iterator[tuple[LineKey, InvoiceLine]]:
    earlier_lines: Counter[LineIdentity] = Counter()
    for line in lines:
        identity = line_identity(line.priced.explanation.contract, name(line.priced), line.priced.dimension)
        yield (identity, earlier_lines[identity]), line
        earlier_lines[identity] += 1


def _wanted_lines(
    request: CreditRequest, left: Mapping[LineKey, Left], released: Released
) -> list[tuple[Left, LineCredit]]:
    """Return what is left of the lines that a request names, or of all where it names none; raises InvalidInput."""
    if request.lines:
        named = [_named(wanted, left.values(), released) for wanted in request.lines]
        if len({id(line) for line in named}) != len(named):
            message = f"a line of {released.number} is named twice"
            raise InvalidInput(message)
        return list(zip(named, request.lines, strict=True))
    rest = [line for line in left.values() if not (line.net.is_zero and line.tax.is_zero)]
    if request.days is not None:  # of a fee after all that reduces it or takes it back: that is not charged again
        names = {line.line.priced.id for line in rest}
        rest = [line for line in rest if line.net.amount > 0 and reduced_line(line.line.priced.id) not in names]
    if not rest:
        message = f"nothing is left of {released.number} to credit"
        raise InvalidInput(message)
    return [(line, LineCredit(line=line.line.priced.id)) for line in rest]


def amounts_to_credit(
    request: CreditRequest,
    left: Mapping[LineKey, Left],
    invoice: Invoice,
    released: Released,
    rests: Rests,
) -> Iterator[tuple[Left, LineCredit]]:
    """Yield each line to credit with its amount: no more than is left of the fee, and what goes back to its credits."""
    wanted = _wanted_lines(request, left, released)
    if request.reason is CreditReason.UNCOLLECTIBLE:
        yield from wanted
        return
    if not request.lines and request.days is None:
        yield from _of_whole_invoice([line for line, _ in wanted], rests, released)
        return
    fees = [(line, line_credit) for line, line_credit in wanted if request.lines or not rests.is_draw(line.line)]
    credited: list[tuple[Left, Money]] = []
    taken: dict[ServicePeriod, Decimal] = {}
    taken_of_days: dict[MonthLine, Decimal] = {}
    for line, line_credit in fees:
        period, fee = rests.period_of(line.line), rests.fee_of(line.line, invoice)
        rest = CONTEXT.subtract(rests.of(line.line).net, taken.get(period, ZERO))
        of_days = None
        if request.days is not None:
            of_days = CONTEXT.subtract(rests.of_days(fee, request.days), taken_of_days.get(fee, ZERO))
        amount = _limited(line, line_credit, request, released, rest, of_days)
        credited.append((line, amount))
        if not rests.is_draw(line.line):
            taken[period] = CONTEXT.add(taken.get(period, ZERO), amount.amount)
            taken_of_days[fee] = CONTEXT.add(taken_of_days.get(fee, ZERO), amount.amount)
    if not any(amount.amount for _, amount in credited) and not request.lines:
        message = f"nothing is left of {released.number} to credit"
        raise InvalidInput(message)
    for (line, line_credit), (_, amount) in zip(fees, credited, strict=True):
        if not amount.is_zero:
            stated = line_credit.quantity is not None
            yield line, line_credit if stated else line_credit.model_copy(update={"amount": abs(amount.amount)})
    yield from _draws(credited, left.values(), rests)


def _of_whole_invoice(lines: Sequence[Left], rests: Rests, released: Released) -> Iterator[tuple[Left, LineCredit]]:
    """Yield the lines of an invoice that is taken back whole: as they were billed, and no more than is left.

    Of each service period the fees with what reduces them, and the draws of credits, are limited apart, by what is left
    of them over all documents: so once every invoice is taken back, in whatever order, nothing is left of either.
    """
    groups: dict[tuple[ServicePeriod, bool], list[int]] = {}
    for place, line in enumerate(lines):
        groups.setdefault((rests.period_of(line.line), rests.is_draw(line.line)), []).append(place)
    amounts = [ZERO] * len(lines)
    for (_, draws), places in groups.items():
        rest = rests.of(lines[places[0]].line)
        sign = -1 if draws else 1
        billed = [sign * lines[place].net.amount for place in places]
        most = rest.drawn if draws else rest.net
        credited = _within(billed, most, charges_again=not draws and not rest.was_credited)
        for place, amount in zip(places, credited, strict=True):
            amounts[place] = sign * amount
    if not any(amounts):
        message = f"nothing is left of {released.number} to credit"
        raise InvalidInput(message)
    for line, amount in zip(lines, amounts, strict=True):
        if line.net.is_zero and not line.tax.is_zero:
            yield line, LineCredit(line=line.line.priced.id)
        elif amount or not rests.is_draw(line.line):
            yield line, LineCredit.model_construct(line=line.line.priced.id, amount=abs(amount))


@exactly
def _within(billed: Sequence[Decimal], most: Decimal, *, charges_again: bool) -> list[Decimal]:
    """Return what is credited of amounts that an invoice billed together, of which there is `most` over all documents.

    What the invoice took back is charged again only where it is the first of them to be credited.
    """
    here = sum(billed, ZERO)
    taken = min(here, max(most, ZERO))
    if here < 0 and not (charges_again and most > 0):
        taken = ZERO
    beyond, credited = here - taken, []
    for amount in billed:
        part = max(min(amount, beyond), ZERO) if beyond > 0 else min(max(amount, beyond), ZERO)
        credited.append(amount - part)
        beyond -= part
    return credited


def _limited(
    line: Left,
    line_credit: LineCredit,
    request: CreditRequest,
    released: Released,
    rest: Decimal,
    of_days: Decimal | None,
) -> Money:
    """Return the amount to credit of a line: what is asked, or what is left of it over all documents."""
    amount = asked_amount(line, line_credit, released)
    if line.net.amount <= 0:
        if request.days is not None:
            message = f"line {line.line.priced.id} of {released.number} takes something off: no days of it"
            raise InvalidInput(message)
        return amount
    most = Money.of(max(min(line.net.amount, rest), ZERO), amount.currency)
    if of_days is not None:
        _check_days(request, line.line.priced)
        left = Money.rounded(of_days, amount.currency, line.line.priced.explanation.rounding)
        most = Money.of(max(min(most.amount, left.amount), ZERO), amount.currency)
    if line_credit.amount is None and line_credit.quantity is None:
        return most
    if amount.amount > most.amount:
        message = f"{amount} is more than the {most} that are left of line {line.line.priced.id} of {released.number}"
        raise InvalidInput(message)
    return amount


def _check_days(request: CreditRequest, priced: PricedLine) -> None:
    days, covered = request.days, priced.covered
    if days is not None and request.lines and (days.start < covered.start or days.end > covered.end):
        message = f"line {priced.id} covers {covered.start} to {covered.end}, not {days.start} to {days.end}"
        raise InvalidInput(message)


def _draws(
    credited: Iterable[tuple[Left, Money]], lefts: Iterable[Left], rests: Rests
) -> Iterator[tuple[Left, LineCredit]]:
    """Yield the draws that go back to their credits: what is credited of a fee and was not paid in money.

    Those of the invoice come first, then those of others: a difference may draw for a line that money paid before.
    """
    together: dict[ServicePeriod, Decimal] = {}
    back: dict[ServicePeriod, Decimal] = {}
    for line, amount in credited:
        if not rests.is_draw(line.line):
            period = rests.period_of(line.line)
            together[period] = CONTEXT.add(together.get(period, ZERO), amount.amount)
            back[period] = rests.of(line.line).draws(together[period])
    here = list(lefts)
    names = {_name(line.line) for line in here}
    elsewhere = [line for period in back for line in rests.drawn(period) if _name(line) not in names]
    for line in [*here, *map(Left.whole, elsewhere)]:
        period = rests.period_of(line.line)
        part = min(back.get(period, ZERO), -line.net.amount)
        if rests.is_draw(line.line) and part > 0:
            yield line, LineCredit(line=line.line.priced.id, amount=part)
            back[period] = CONTEXT.subtract(back[period], part)


def _name(line: InvoiceLine) -> tuple[str, str]:
    return line.priced.explanation.contract, line.priced.id


def drawn_after(before: Sequence[Drawn], lines: Iterable[InvoiceLine], rests: Rests) -> tuple[Drawn, ...]:
    """Take what goes back to credits off what was drawn of them; nothing where none goes back."""
    back: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        if rests.is_draw(line):
            key = line.priced.explanation.contract, line.priced.term
            back[key] = CONTEXT.add(back.get(key, ZERO), line.amounts.net.amount)
    if not back:
        return ()
    return tuple(
        drawn.model_copy(
            update={"amount": CONTEXT.subtract(drawn.amount, back.get((drawn.contract, drawn.credit), ZERO))}
        )
        for drawn in before
    )


def _named(wanted: LineCredit, left: Iterable[Left], released: Released) -> Left:
    lines = [(line.line.priced.explanation.contract, line.line.priced.id, line) for line in left]
    matches = [line for line in lines if line[1] == wanted.line and wanted.contract in {None, line[0]}]
    if not matches:
        names = ", ".join(dict.fromkeys(name for _, name, _ in lines))
        message = f"{released.number} has no line of that name; its lines: {names}"
        raise InvalidInput(message)
    contracts = dict.fromkeys(contract for contract, _, _ in matches)
    if len(contracts) > 1:
        message = f"{released.number} has a line {wanted.line} in each of {', '.join(contracts)}: name the contract"
        raise InvalidInput(message)
    if len(matches) > 1:
        message = f"{released.number} has {len(matches)} lines {wanted.line}: credit the whole invoice"
        raise InvalidInput(message)
    return matches[0][2]


def asked_amount(left: Left, wanted: LineCredit, released: Released) -> Money:
    """Return the net amount to credit, with the sign of the line."""
    priced, whole = left.line.priced, left.line.amounts.net
    if wanted.amount is not None:
        return Money.of(wanted.amount if whole.amount >= 0 else -wanted.amount, whole.currency)
    if wanted.quantity is None:
        return left.net
    if wanted.quantity > priced.billed_quantity:
        most = decimal_text(priced.billed_quantity)
        message = f"line {priced.id} of {released.number} billed {most}, not {decimal_text(wanted.quantity)}"
        raise InvalidInput(message)
    exact = CONTEXT.divide(CONTEXT.multiply(whole.amount, wanted.quantity), priced.billed_quantity)
    return Money.rounded(exact, whole.currency, priced.explanation.rounding)
