"""What earlier invoices of an account say: what they billed of a period, and what the controls compare with."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from operator import attrgetter

from billproof.contracts.billed_in import BilledIn
from billproof.contracts.charges import Charge
from billproof.contracts.model import Contract
from billproof.errors import NotFound
from billproof.identities import ContractPath
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import CREDITS, DocumentKind, Invoice, InvoiceLine, PeriodBilling
from billproof.invoicing.register import Register
from billproof.money import CONTEXT, Money
from billproof.periods import Period, month_name
from billproof.ports import Objects
from billproof.pricing.commitment_terms import MODEL
from billproof.pricing.differences import QUANTITIES
from billproof.pricing.model import Earning, LineIdentity, LineKind, PricedLine, line_identity, metered_quantities
from billproof.pricing.terms import (
    BilledLine,
    Carried,
    Charged,
    CreditedDays,
    Drawn,
    InvoiceBefore,
)


class History:
    """The released invoices of one account, as far as a run asks for them."""

    def __init__(
        self, register: Register, objects: Objects, settlements: Sequence[PeriodBilling], period: Period
    ) -> None:
        self._register = register
        self._objects = objects
        self._settlements = settlements
        self._own = {
            settlement.period: settlement
            for settlement in settlements
            if settlement.period != CREDITS and settlement.is_own
        }
        self._draws = [settlement for settlement in settlements if settlement.period == CREDITS]
        self._period = period

    def invoice_before(self) -> InvoiceBefore | None:
        """Return what the last invoice before the period said, or None where there is none."""
        earlier = [period for period in sorted(self._own) if period < self._period.name]
        if not earlier:
            return None
        settlement = self._own[earlier[-1]]
        invoice = read_settled(self._register, self._objects, settlement)
        lines: dict[str, list[str]] = {}
        starts: dict[ContractPath, list[date]] = {}
        for invoice_line in invoice.lines:
            line = invoice_line.priced
            if line.kind is not LineKind.CHARGE:
                continue
            contract = line.explanation.contract
            if not line.net.is_zero:
                lines.setdefault(contract, []).append(line.id)
            starts.setdefault(ContractPath(contract, line.charge), []).append(line.service_period.start)
        return InvoiceBefore(
            number=settlement.number,
            period=invoice.period,
            net=invoice.totals.net,
            quantities=metered_quantities(line.priced for line in invoice.lines),
            lines={contract: tuple(ids) for contract, ids in lines.items()},
            starts={str(charge): tuple(days) for charge, days in starts.items()},
        )

    def carried_into(self, period: Period) -> tuple[Carried, ...]:
        """Return what the month before a period left of allowances that roll over, as it is billed."""
        before = Period.month_ending(period.start).name
        left: dict[tuple[str, str], Decimal] = {}
        for line in billed_lines(self._register, self._objects, self._of_month(before)):
            if line.unused_quantity:
                key = (line.contract, line.charge)
                left[key] = left.get(key, Decimal(0)) + line.unused_quantity
        return tuple(Carried(contract=key[0], charge=key[1], quantity=unused) for key, unused in sorted(left.items()))

    def _of_month(self, month: str) -> list[PeriodBilling]:
        return [settlement for settlement in self._settlements if settlement.period == month]

    def billed_of(self, months: Iterable[str]) -> Iterator[tuple[Period, list[BilledLine]]]:
        """Yield months with what is billed of them, each read when it is asked for."""
        for month in months:
            yield Period.month(month), billed_lines(self._register, self._objects, self._of_month(month))

    def drawn(self) -> tuple[tuple[Drawn, ...], int]:
        """Return what all invoices drew of each credit, and the place of the next one that draws."""
        if not self._draws:
            return (), 0
        last = max(self._draws, key=lambda settlement: settlement.ordinal)
        return read_settled(self._register, self._objects, last).credits_drawn, last.ordinal + 1

    def documents(self) -> list[tuple[Invoice, bool]]:
        """Return every document in the order of their numbers, and whether it concedes something for good."""
        conceded = {settlement.invoice for settlement in self._settlements if settlement.is_concession}
        settled = {settlement.invoice: settlement for settlement in self._settlements}
        return [
            (read_settled(self._register, self._objects, settlement), settlement.invoice in conceded)
            for settlement in sorted(settled.values(), key=lambda settlement: settlement.number)
        ]

    def unbilled_one_offs(
        self, contracts: Iterable[Contract], settled_now: Iterable[str], billed_in: Iterable[BilledIn]
    ) -> tuple[str, ...]:
        """Name the one-off charges that were due before the period and that no invoice of their month billed.

        Months that are settled now have theirs billed now, and what stays with another month is billed. What a later
        version dropped that governed its day is not missing.
        """
        missing: list[ContractPath] = []
        staying = {ContractPath(stays.contract, stays.charge) for stays in billed_in}
        versions = list(contracts)
        for contract in versions:
            for charge in contract.charges:
                due_day = charge.price.due_day
                if due_day is None or _is_dropped(charge, contract, versions, due_day):
                    continue
                path = ContractPath(contract.id, charge.id)
                if path in staying:
                    continue
                is_past = (
                    due_day < self._period.start and month_name(due_day) not in settled_now and path not in missing
                )
                if is_past and path not in self._billed_in(month_name(due_day)):
                    missing.append(path)
        return tuple(map(str, missing))

    def _billed_in(self, month: str) -> set[ContractPath]:
        lines = billed_lines(self._register, self._objects, self._of_month(month))
        return {ContractPath(line.contract, line.charge) for line in lines}


def _is_dropped(charge: Charge, contract: Contract, versions: Iterable[Contract], day: date) -> bool:
    """Say whether a version had begun by a day, and the one that governed then does not owe a charge on it any more."""
    begun = [version for version in versions if version.id == contract.id and version.effective.start <= day]
    if contract not in begun:
        return False
    last = max(begun, key=attrgetter("version"))
    return all((other.id, other.price.due_day) != (charge.id, day) for other in last.charges)


def read_settled(register: Register, objects: Objects, settlement: PeriodBilling) -> Invoice:
    """Return the invoice of a settlement; raises ImmutableDocument and NotFound."""
    released = register.released(settlement.invoice)
    if released is None:
        message = f"invoice {settlement.invoice} settled {settlement.period} and is not released"
        raise NotFound(message)
    return read_invoice(objects, released.document)


def billed_lines(register: Register, objects: Objects, settlements: Iterable[PeriodBilling]) -> list[BilledLine]:
    """Return what the settlements of one month billed, line by line, less what credit notes took back of it.

    Raises ImmutableDocument and NotFound.
    """
    billed: dict[LineIdentity, BilledLine] = {}
    for settlement in settlements:
        document = read_settled(register, objects, settlement)
        for line in document.lines:
            name = _billed_name(line.priced, settlement)
            if name is not None:
                key = line_identity(line.priced.explanation.contract, name, line.priced.dimension)
                known = billed.get(key)
                added = _add(known, name, line.priced, settlement, document.kind)
                changes = {
                    "charged": charged_of(known.charged if known else None, line, document),
                    "earnings": earnings_after(
                        known.earnings if known else (), line, document, is_concession=settlement.is_concession
                    ),
                    "credited": _credited(known.credited if known else (), line, document.kind, settlement),
                }
                billed[key] = added.model_copy(update=changes)
    return list(billed.values())


def charged_of(known: Charged | None, line: InvoiceLine, document: Invoice) -> Charged | None:
    """Return what is charged of a line, with a document, where it is in another currency than the books.

    A write-off takes nothing back of what was charged.
    """
    if line.booked is None or document.kind is DocumentKind.WRITE_OFF:
        return known
    here = Charged(amounts=line.amounts, booked=line.booked)
    return known + here if known else here


def _billed_name(line: PricedLine, settlement: PeriodBilling) -> str | None:
    """Name the line of the settled month that a document's line billed, or None where it is of another month.

    What a commitment's term fell short of is of many months, and billed by a rule of its own.
    """
    if line.explanation.price_model == MODEL:
        return None
    if line.adjusts is None:
        return line.id if settlement.is_own else None
    return line.adjusts.line if line.adjusts.period == settlement.period else None


def earnings_after(
    known: tuple[Earning, ...], line: InvoiceLine, document: Invoice, *, is_concession: bool
) -> tuple[Earning, ...]:
    """Return how all that is billed of a line is earned after a document: a difference is put in place of all before.

    One that was drafted before that was written down is added to it. A write-off changes nothing that is earned.
    """
    priced, net = line.priced, line.in_books.net
    if document.kind is DocumentKind.WRITE_OFF:
        return known
    if document.kind is DocumentKind.CREDIT_NOTE:
        taken = Earning(
            amount=net,
            schedule=priced.recognition,
            is_concession=is_concession,
            since=document.issue_date.replace(day=1),
            note=document.id,
        )
        if priced.adjusts is not None and priced.adjusts.exceeding:
            not_so = taken.model_copy(update={"amount": -net, "is_excess": True})
            return (*known, taken, not_so, *priced.adjusts.exceeding)
        return (*known, taken)
    is_stated = priced.replaced or (priced.adjusts is not None and priced.adjusts.exceeding)
    if is_stated or (priced.adjusts is None and not known):
        return priced.earnings(net)
    return (*known, *_restated(line))


def _credited(
    known: tuple[CreditedDays, ...], line: InvoiceLine, kind: DocumentKind, settlement: PeriodBilling
) -> tuple[CreditedDays, ...]:
    """Return what was taken back of a line by its days: what was to be billed again is, with the next difference."""
    if kind is DocumentKind.CREDIT_NOTE:
        is_concession = settlement.is_concession
        return (*known, CreditedDays(net=line.amounts.net, days=line.priced.covered, is_concession=is_concession))
    return known if kind is DocumentKind.WRITE_OFF else tuple(credited for credited in known if credited.is_concession)


def _restated(line: InvoiceLine) -> tuple[Earning, ...]:
    priced, net = line.priced, line.in_books.net
    restated = priced.adjusts.restated if priced.adjusts else None
    if restated is None:
        return (Earning(amount=net, schedule=priced.recognition),)
    ratio = CONTEXT.divide(net.amount, priced.net.amount) if priced.net.amount else Decimal(1)
    before = CONTEXT.multiply(restated.billed.amount, ratio)
    billed = Money.rounded(before, net.currency, priced.explanation.rounding)
    return (
        Earning(amount=net + billed, schedule=priced.recognition),
        Earning(amount=-billed, schedule=restated.schedule),
    )


def _add(
    known: BilledLine | None, name: str, line: PricedLine, settlement: PeriodBilling, kind: DocumentKind
) -> BilledLine:
    net = known.net + line.net if known else line.net
    if kind is DocumentKind.WRITE_OFF:  # of the gross amount that was left
        net = Money.zero(line.net.currency)
    is_draw = known.is_draw if known else line.explanation.price_model == LineKind.CREDIT.term_model
    conceded = known.conceded if known else Decimal(0)
    if settlement.is_concession and known is not None and not is_draw:
        conceded = CONTEXT.add(conceded, (known.net - net).amount)
    quantities = {
        field: getattr(line, field) + (getattr(known, field) if known and kind is DocumentKind.INVOICE else 0)
        for field in QUANTITIES
    }
    if kind is not DocumentKind.INVOICE and known is not None:
        quantities = {field: getattr(known, field) for field in QUANTITIES}
    return BilledLine(
        line=name,
        term=known.term if known else line.term,
        is_draw=is_draw,
        conceded=conceded,
        account=line.account,
        contract=line.explanation.contract,
        contract_version=line.explanation.contract_version,
        charge=line.charge,
        description=known.description if known else line.description,
        product=line.product,
        revenue_category=line.revenue_category,
        service_period=line.service_period,
        covered=line.covered if kind is DocumentKind.INVOICE or not known else known.covered,
        dimension=line.dimension,
        includes_tax=line.includes_tax,
        left_on=line.left_on if kind is DocumentKind.INVOICE or not known else known.left_on,
        recognition_method=line.recognition.method,
        recognized_over=line.recognition.period if kind is DocumentKind.INVOICE or not known else known.recognized_over,
        net=net,
        **quantities,
        numbers=(*known.numbers, settlement.number) if known else (settlement.number,),
    )
