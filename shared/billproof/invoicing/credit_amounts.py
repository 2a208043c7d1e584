"""How much of which line a credit note takes back: what is asked, within what is left, and what goes to credits."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billproof.errors import InvalidInput
from billproof.identities import credited_line, reduced_line
from billproof.invoicing.credit_limits import MonthLine, Rest, Rests, is_draw, month_line, reduces
from billproof.invoicing.credit_requests import CreditReason, CreditRequest, LineCredit
from billproof.invoicing.model import Invoice, InvoiceLine, Released
from billproof.model import decimal_text
from billproof.money import CONTEXT, Money, Taxed
from billproof.periods import Period
from billproof.pricing.model import LineIdentity, PricedLine, line_identity
from billproof.pricing.terms import Drawn

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a line after earlier credits: its net amount and its tax, on the invoice and in the books."""

    line: InvoiceLine
    net: Money
    tax: Money
    booked: Taxed

    def less(self, credit: InvoiceLine) -> "Left":
        """Take off what a credit note took back."""
        booked = Taxed.of(self.booked.net + credit.in_books.net, self.booked.tax + credit.in_books.tax)
        return Left(self.line, self.net + credit.amounts.net, self.tax + credit.amounts.tax, booked)


type LineKey = tuple[LineIdentity, int]
"""A line of an invoice; old ids of reductions may be alike, and then the lines are told apart by their order."""


def lefts_of(invoice: Invoice, earlier: Iterable[Invoice]) -> dict[LineKey, Left]:
    """Return what is left of each line: two contracts may name lines alike."""
    left = {
        key: Left(line, line.amounts.net, line.amounts.tax, line.in_books)
        for key, line in _keyed(invoice.lines, lambda priced: priced.id)
    }
    for credit in earlier:
        for key, line in _keyed(credit.lines, lambda priced: credited_line(priced.id)):
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
    if request.days is not None:  # of a fee after all that reduces it, so what reduces it is not credited beside it
        names = {line.line.priced.id for line in rest}
        rest = [line for line in rest if _is_of(request.days, line) and reduced_line(line.line.priced.id) not in names]
    if not rest:
        message = f"nothing is left of {released.number} to credit"
        raise InvalidInput(message)
    return [(line, LineCredit(line=line.line.priced.id)) for line in rest]


def _is_of(days: Period, line: Left) -> bool:
    covered = line.line.priced.covered
    return days.start < covered.end and covered.start < days.end


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
    fees = [(line, line_credit) for line, line_credit in wanted if request.lines or not is_draw(line.line)]
    is_whole = not request.lines and request.days is None
    if is_whole:
        credited = _of_whole_invoice([line for line, _ in fees], invoice, rests)
    else:
        credited = [_limited(line, line_credit, request, invoice, released, rests) for line, line_credit in fees]
    if not any(amount.amount for _, amount in credited) and not request.lines:
        message = f"nothing is left of {released.number} to credit"
        raise InvalidInput(message)
    for (line, line_credit), (_, amount) in zip(fees, credited, strict=True):
        if amount.is_zero and is_whole:
            keeps = line.net.is_zero and not line.tax.is_zero
            yield line, line_credit if keeps else line_credit.model_copy(update={"amount": ZERO})
        if not amount.is_zero:
            stated = line_credit.quantity is not None
            yield line, line_credit if stated else line_credit.model_copy(update={"amount": abs(amount.amount)})
    yield from _draws(credited, left.values(), invoice, rests)


def _of_whole_invoice(lines: Sequence[Left], invoice: Invoice, rests: Rests) -> list[tuple[Left, Money]]:
    """Return what is credited of each line of an invoice that is taken back whole.

    A fee and what reduces it are taken back together, up to what is left of the fee over all documents. Where nothing
    is left of one of which something was credited before, a difference that took something back is not charged again.
    """
    groups: dict[MonthLine, list[int]] = {}
    for place, line in enumerate(lines):
        month, contract, name = month_line(line.line, invoice)
        base = month, contract, reduced_line(name)
        groups.setdefault(base if base in rests else (month, contract, name), []).append(place)
    amounts = [line.net for line in lines]
    for fee, places in groups.items():
        rest = rests.get(fee)
        if rest is None:
            continue
        here = sum((amounts[place].amount for place in places), ZERO)
        taken = min(here, max(rest.net, ZERO))
        if here < 0 and not rest.net and rest.credited:
            taken = ZERO
        beyond = CONTEXT.subtract(here, taken)
        for place in places:
            amount = amounts[place]
            part = max(min(amount.amount, beyond), ZERO) if beyond > 0 else min(max(amount.amount, beyond), ZERO)
            amounts[place] = Money.of(CONTEXT.subtract(amount.amount, part), amount.currency)
            beyond = CONTEXT.subtract(beyond, part)
    return list(zip(lines, amounts, strict=True))


def _limited(
    line: Left,
    line_credit: LineCredit,
    request: CreditRequest,
    invoice: Invoice,
    released: Released,
    rests: Rests,
) -> tuple[Left, Money]:
    """Return the amount to credit of a line: what is asked, or what is left of it over all documents."""
    fee = month_line(line.line, invoice)
    amount, rest = asked_amount(line, line_credit, released), rests.get(fee)
    if rest is None or line.net.amount <= 0 or is_draw(line.line):
        return line, amount
    most = Money.of(max(min(line.net.amount, rest.net), ZERO), amount.currency)
    if request.days is not None:
        _check_days(request, line.line.priced)
        of_days = Money.rounded(rest.of_days(request.days), amount.currency, line.line.priced.explanation.rounding)
        most = Money.of(max(min(most.amount, of_days.amount), ZERO), amount.currency)
    if line_credit.amount is None and line_credit.quantity is None:
        return line, most
    if amount.amount > most.amount:
        message = f"{amount} is more than the {most} that are left of line {line.line.priced.id} of {released.number}"
        raise InvalidInput(message)
    return line, amount


def _check_days(request: CreditRequest, priced: PricedLine) -> None:
    days, covered = request.days, priced.covered
    if days is not None and request.lines and (days.start < covered.start or days.end > covered.end):
        message = f"line {priced.id} covers {covered.start} to {covered.end}, not {days.start} to {days.end}"
        raise InvalidInput(message)


def _draws(
    credited: Iterable[tuple[Left, Money]], lefts: Iterable[Left], invoice: Invoice, rests: Rests
) -> Iterator[tuple[Left, LineCredit]]:
    """Yield the draws that go back to their credits: what is credited of a fee and was not paid in money."""
    together: dict[MonthLine, Decimal] = {}
    fees = {month_line(line.line, invoice) for line, _ in credited}
    for line, amount in credited:
        key = month_line(line.line, invoice)
        base = next((fee for fee in fees if reduces(line.line, fee, invoice)), key)
        together[base] = CONTEXT.add(together.get(base, ZERO), amount.amount)
    lines = list(lefts)
    for fee, whole in together.items():
        back = (rests.get(fee) or _rest_here(fee, lines, invoice)).draws(whole)
        for line in lines:
            part = min(back, -line.net.amount)
            if is_draw(line.line) and part > 0 and reduces(line.line, fee, invoice):
                yield line, LineCredit(line=line.line.priced.id, amount=part)
                back = CONTEXT.subtract(back, part)


def _rest_here(fee: MonthLine, lefts: Iterable[Left], invoice: Invoice) -> Rest:
    """Return what is left on one invoice of what is of no single month: what a term of months fell short of."""
    net = drawn = ZERO
    for line in lefts:
        if month_line(line.line, invoice) == fee:
            net = CONTEXT.add(net, line.net.amount)
        elif is_draw(line.line) and reduces(line.line, fee, invoice):
            drawn = CONTEXT.subtract(drawn, line.net.amount)
    return Rest(net=net, drawn=drawn)


def drawn_after(before: Sequence[Drawn], lines: Iterable[InvoiceLine]) -> tuple[Drawn, ...]:
    """Take what goes back to credits off what was drawn of them; nothing where none goes back."""
    back: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        if is_draw(line):
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
