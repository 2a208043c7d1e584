"""What is left of a charge's service period to be credited: what is billed of it, over all invoices and credit notes.

    fee 1,000.00   discount -500.00                     500.00 are left
    fee 280.00     difference -140.00 a month later     140.00 are left
    fee 1,000.00   drawn from a credit 400.00           1,000.00 are left: 600.00 in money, then 400.00 to the credit

A line is credited together with what reduces it, and with the other parts of its service period, into which a version
may have cut it since: so nobody is given back more than was billed. What a term of a commitment fell short of is left
of the term, whichever invoices billed it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from operator import attrgetter

from billproof.errors import NotFound
from billproof.identities import InvoiceId, LineId, reduced_line
from billproof.invoicing.model import DocumentKind, Invoice, InvoiceLine, PeriodBilling
from billproof.money import CONTEXT, Taxed, exactly
from billproof.periods import Period
from billproof.pricing.commitment_terms import MODEL
from billproof.pricing.model import Adjusts, LineKind, PricedLine
from billproof.pricing.terms import BilledLine, CreditedDays
from billproof.proration import share_of_days

ZERO = Decimal(0)

type MonthLine = tuple[str, str, str]
"""A line by the month that it is of, its contract and its id there."""
type Charge = tuple[tuple[str, ...], Taxed]
"""What bears the same tax, and what was billed or taken back with it."""
type ServicePeriod = tuple[str, str, bool, date, tuple[tuple[str, str], ...]]
"""What is billed together: contract, charge or commitment, whether it trues up seats, the first day, and the group."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What is billed of a service period after everything that reduces it, what of that was drawn, and its tax.

    It `was_credited` where a credit note names it, if only to say that nothing was left.
    """

    net: Decimal = ZERO
    drawn: Decimal = ZERO
    tax: Decimal = ZERO
    was_credited: bool = False

    def draws(self, credited: Decimal) -> Decimal:
        """Return what goes back to credits where an amount is credited: money goes back first."""
        return min(max(CONTEXT.subtract(credited, CONTEXT.subtract(self.net, self.drawn)), ZERO), self.drawn)


@dataclass(frozen=True, slots=True)
class DaysLeft:
    """What is billed of a fee, the days that it pays for, and what credit notes took back of which of them.

    What they took back of its days while these were another part's, which then billed them, is `elsewhere`.
    """

    net: Decimal = ZERO
    covered: Period | None = None
    credited: tuple[CreditedDays, ...] = ()
    elsewhere: tuple[CreditedDays, ...] = ()

    @exactly
    def of_days(self, days: Period) -> Decimal:
        """Return what is left of some days: their share of what was billed, less what was credited of them."""
        if self.covered is None:
            return ZERO
        billed = self.net - sum((credited.net.amount for credited in self.credited), ZERO)
        taken = (*self.credited, *self.elsewhere)
        left = billed * share_of_days(days, self.covered)
        return left + sum((credited.net.amount * share_of_days(days, credited.days) for credited in taken), ZERO)


class Rests:
    """What is left of service periods over some documents of an account."""

    def __init__(self, documents: Iterable[Invoice], days: Mapping[MonthLine, DaysLeft] | None = None) -> None:
        """Add up documents, of which a write-off takes nothing back."""
        counted = [document for document in documents if document.kind is not DocumentKind.WRITE_OFF]
        lines = [line for document in counted for line in document.lines]
        self._days = days or {}
        self._draws = {_billed(line.priced) for line in lines if is_draw(line)}
        self._periods: dict[tuple[str, str], ServicePeriod] = {}
        for line in lines:
            if not _is_reduction(line.priced):
                self._periods.setdefault(_billed(line.priced), _own_period(line.priced))
        self._rests: dict[ServicePeriod, Rest] = {}
        self._taxed: dict[tuple[ServicePeriod, bool], list[Charge]] = {}
        for line in lines:
            self._add(line)
        self._drawn: dict[ServicePeriod, list[InvoiceLine]] = {}
        for document in counted:
            for line in document.lines if document.corrects is None else ():
                if self.is_draw(line) and line.amounts.net.amount < 0:
                    self._drawn.setdefault(self.period_of(line), []).append(_of_month(line, document))

    def _add(self, line: InvoiceLine) -> None:
        period, amount = self.period_of(line), line.amounts.net.amount
        known = self._rests.get(period, Rest())
        drawn, net = (-amount, ZERO) if self.is_draw(line) else (ZERO, amount)
        self._rests[period] = Rest(
            net=CONTEXT.add(known.net, net),
            drawn=CONTEXT.add(known.drawn, drawn),
            tax=CONTEXT.add(known.tax, line.amounts.tax.amount),
            was_credited=known.was_credited or line.priced.kind is LineKind.CREDIT_NOTE,
        )
        self._taxed.setdefault((period, self.is_draw(line)), []).extend(_charges(line))

    def is_draw(self, line: InvoiceLine) -> bool:
        """Say whether a line draws a credit, or takes back what one drew."""
        return is_draw(line) or _billed(line.priced) in self._draws

    def period_of(self, line: InvoiceLine) -> ServicePeriod:
        """Return the service period that a line bills, or takes something off."""
        contract, name = _billed(line.priced)
        base = reduced_line(name) if _is_reduction(line.priced) else name
        return self._periods.get((contract, base)) or _own_period(line.priced)

    def fee_of(self, line: InvoiceLine, invoice: Invoice) -> MonthLine:
        """Return the fee that an invoice's line bills, or takes something off, by the month that it is of."""
        month, contract, name = month_line(line, invoice)
        fee = month, contract, reduced_line(name)
        return fee if fee in self._days and (month, contract, name) not in self._days else (month, contract, name)

    def of_days(self, fee: MonthLine, days: Period) -> Decimal:
        """Return what is left of some days of a fee."""
        return self._days.get(fee, DaysLeft()).of_days(days)

    def days_of(self, line: InvoiceLine, invoice: Invoice) -> Period:
        """Return the days that a line pays for now: those of its fee, where a version changed them since."""
        left = self._days.get(self.fee_of(line, invoice))
        return left.covered if left is not None and left.covered is not None else line.priced.covered

    def parts_of(self, fee: MonthLine) -> tuple[DaysLeft, list[DaysLeft]]:
        """Return what is left of a fee, and of the other parts of its service period, in the order of their days."""
        others = {
            left.covered.start: left
            for name, left in self._days.items()
            if name != fee and _is_part(name, fee) and left.covered is not None
        }
        return self._days.get(fee, DaysLeft()), [others[start] for start in sorted(others)]

    def of_parts(self, line: InvoiceLine, note: Iterable[InvoiceLine] = ()) -> list[Taxed]:
        """Return what is left with the tax of each part of a line: of its service period, over all documents.

        The lines of the credit `note` that is being drafted count, too.
        """
        period = self.period_of(line), self.is_draw(line)
        mine = (other for other in note if (self.period_of(other), self.is_draw(other)) == period)
        charges = [*self._taxed.get(period, []), *(charge for other in mine for charge in _charges(other))]
        currency = line.amounts.net.currency
        return [
            Taxed.total([amounts for tax, amounts in charges if tax == part.determination.same_tax], currency)
            for part in line.parts
        ]

    def drawn(self, period: ServicePeriod) -> list[InvoiceLine]:
        """Return the lines that draw credits for a service period, on whichever invoice, the oldest first."""
        return self._drawn.get(period, [])

    def of(self, line: InvoiceLine) -> Rest:
        """Return what is left of the service period that a line bills, or takes something off."""
        return self._rests.get(self.period_of(line), Rest())


def _charges(line: InvoiceLine) -> Iterable[Charge]:
    return ((part.determination.same_tax, part.amounts) for part in line.parts or (line,))


def _of_month(line: InvoiceLine, document: Invoice) -> InvoiceLine:
    """Let a line say of which month it is, as what adjusts an earlier one does."""
    if line.priced.adjusts is not None:
        return line
    adjusts = Adjusts(period=document.period.name, line=line.priced.id, numbers=())
    return line.model_copy(update={"priced": line.priced.model_copy(update={"adjusts": adjusts})})


def _billed(priced: PricedLine) -> tuple[str, str]:
    """Name the line that a line bills, bills a difference of, or takes back, in its contract."""
    return priced.explanation.contract, priced.adjusts.line if priced.adjusts else priced.id


def _is_reduction(priced: PricedLine) -> bool:
    """Say whether a line takes something off another one: its term then is not what is charged."""
    return priced.term != priced.charge


def _own_period(priced: PricedLine) -> ServicePeriod:
    contract, name = _billed(priced)
    group = tuple(sorted(priced.dimension.items()))
    return contract, priced.charge, _is_true_up(name), priced.service_period.start, group


def _is_true_up(name: str) -> bool:
    """Say whether a line bills what telemetry saw above what is committed, as far as its id can be read."""
    try:
        return LineId.parse(name).true_up
    except NotFound:
        return False


def days_left(billed: Mapping[str, Iterable[BilledLine]]) -> dict[MonthLine, DaysLeft]:
    """Add up, by month, what is billed of each fee with all that reduces it, and of which days."""
    lefts: dict[MonthLine, DaysLeft] = {}
    for month, lines in billed.items():
        mine = [line for line in lines if not line.is_draw]
        names = {(line.contract, line.line) for line in mine}
        for line in mine:
            base = reduced_line(line.line)
            key = month, line.contract, base if (line.contract, base) in names else line.line
            known = lefts.get(key, DaysLeft())
            lefts[key] = replace(
                known,
                net=CONTEXT.add(known.net, line.net.amount),
                covered=line.covered if key[2] == line.line else known.covered,
                credited=(*known.credited, *line.credited),
            )
    return _on_their_days(lefts)


def days_of_terms(documents: Iterable[Invoice], billings: Sequence[PeriodBilling]) -> dict[MonthLine, DaysLeft]:
    """Add up what is billed of what each term of a commitment fell short of, by every name that a document gives it."""
    again = _billed_again(billings)
    lefts: dict[ServicePeriod, DaysLeft] = {}
    names: dict[MonthLine, ServicePeriod] = {}
    for document in documents:
        for line in document.lines:
            if line.priced.explanation.price_model != MODEL or document.kind is DocumentKind.WRITE_OFF:
                continue
            period, net, days = _own_period(line.priced), line.amounts.net, line.priced.covered
            name = month_line(line, document)
            names[name] = period
            left = lefts.get(period, DaysLeft())
            if document.kind is not DocumentKind.CREDIT_NOTE:
                left = replace(left, covered=days)
            elif (document.id, name[0]) not in again:
                left = replace(left, credited=(*left.credited, CreditedDays(net=net, days=days, is_concession=True)))
            lefts[period] = replace(left, net=CONTEXT.add(left.net, net.amount))
    return {name: lefts[period] for name, period in names.items()}


def _billed_again(billings: Sequence[PeriodBilling]) -> set[tuple[str, str]]:
    """Name the credit notes, each with a month, of which an invoice billed again since what was to be billed again.

    What came first is said by the places among a month's billings: credit notes may have numbers of their own.
    """
    notes = [one for one in billings if InvoiceId.parse(one.invoice).is_credit]
    last = {one.period: one.ordinal for one in sorted(billings, key=attrgetter("ordinal")) if one not in notes}
    unbilled = (note for note in notes if not note.is_concession)
    return {(note.invoice, note.period) for note in unbilled if note.ordinal < last.get(note.period, 0)}


def _on_their_days(lefts: dict[MonthLine, DaysLeft]) -> dict[MonthLine, DaysLeft]:
    """Let what was credited of days that a part does not cover any more count for the part that covers them now."""
    moved = dict(lefts)
    for name, left in lefts.items():
        for credited in left.credited:
            if _covers(left, credited):
                continue
            heir = next((other for other in lefts if _covers(lefts[other], credited) and _is_part(other, name)), None)
            if heir is not None:
                moved[heir] = replace(moved[heir], elsewhere=(*moved[heir].elsewhere, credited))
    return moved


def _covers(left: DaysLeft, credited: CreditedDays) -> bool:
    days, covered = credited.days, left.covered
    return covered is not None and covered.start <= days.start and days.end <= covered.end


def _is_part(other: MonthLine, name: MonthLine) -> bool:
    """Say whether two lines are parts of one service period."""
    return other[:2] == name[:2] and _whole(other[2]) == _whole(name[2])


def _whole(name: str) -> str | LineId:
    """Return the id of the first part of a line's service period, as far as it can be read."""
    try:
        return replace(LineId.parse(name), since="")
    except NotFound:
        return name


def month_line(line: InvoiceLine, invoice: Invoice) -> MonthLine:
    """Return the line of a month that an invoice's line bills: its own month's, or an earlier one's."""
    priced = line.priced
    if priced.adjusts is not None:
        return priced.adjusts.period, priced.explanation.contract, priced.adjusts.line
    return invoice.period.name, priced.explanation.contract, priced.id


def is_draw(line: InvoiceLine) -> bool:
    """Say whether a line says of itself that it draws a credit."""
    return line.priced.explanation.price_model == LineKind.CREDIT.term_model
