"""What earlier invoices of an account say: what they billed of a period, and what the controls compare with."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from billproof.contracts.model import Contract
from billproof.contracts.prices import DueOnce
from billproof.contracts.timeline import Timeline
from billproof.errors import NotFound
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import CREDITS, Invoice, PeriodBilling
from billproof.invoicing.register import Register
from billproof.periods import Period
from billproof.ports import Objects
from billproof.pricing.commitments import MODEL, committed, terms_over
from billproof.pricing.model import LineIdentity, LineKind, PricedLine, line_identity, metered_quantities
from billproof.pricing.terms import BilledLine, Carried, Committed, Drawn, InvoiceBefore


class History:
    """The released invoices of one account, as far as a run asks for them."""

    def __init__(
        self, register: Register, objects: Objects, settlements: Sequence[PeriodBilling], period: Period
    ) -> None:
        self._register = register
        self._objects = objects
        self._settlements = settlements
        self._own = {each.period: each for each in settlements if each.ordinal == 0 and each.period != CREDITS}
        self._draws = [each for each in settlements if each.period == CREDITS]
        self._period = period

    def invoice_before(self) -> InvoiceBefore | None:
        """Return what the last invoice before the period said, or None where there is none."""
        earlier = [period for period in sorted(self._own) if period < self._period.name]
        if not earlier:
            return None
        settlement = self._own[earlier[-1]]
        invoice = read_settled(self._register, self._objects, settlement)
        lines: dict[str, list[str]] = {}
        starts: dict[str, list[date]] = {}
        for each in invoice.lines:
            line = each.priced
            if line.kind is not LineKind.CHARGE:
                continue
            contract = line.explanation.contract
            if not line.net.is_zero:
                lines.setdefault(contract, []).append(line.id)
            starts.setdefault(f"{contract}/{line.charge}", []).append(line.service_period.start)
        return InvoiceBefore(
            number=settlement.number,
            period=invoice.period,
            net=invoice.totals.net,
            quantities=metered_quantities(line.priced for line in invoice.lines),
            lines={contract: tuple(ids) for contract, ids in lines.items()},
            starts={charge: tuple(days) for charge, days in starts.items()},
        )

    def last_settled(self) -> PeriodBilling | None:
        """Return the settlement of the last month before the period, if any was settled."""
        earlier = [month for month in self._own if month < self._period.name]
        return self._own[max(earlier)] if earlier else None

    def settled_before(self) -> list[PeriodBilling]:
        """Return the settlements of all months before the period, oldest first."""
        return [self._own[month] for month in sorted(self._own) if month < self._period.name]

    def carried(self) -> tuple[Carried, ...]:
        """Return what the invoice of the month before left of allowances that roll over."""
        settlement = self.last_settled()
        if settlement is None or Period.month(settlement.period).end != self._period.start:
            return ()
        left: dict[tuple[str, str], Decimal] = {}
        for each in read_settled(self._register, self._objects, settlement).lines:
            line = each.priced
            if line.unused_quantity and line.adjusts is None:
                key = (line.explanation.contract, line.charge)
                left[key] = left.get(key, Decimal(0)) + line.unused_quantity
        return tuple(Carried(contract=key[0], charge=key[1], quantity=each) for key, each in sorted(left.items()))

    def drawn(self) -> tuple[tuple[Drawn, ...], int]:
        """Return what all invoices drew of each credit, and the place of the next one that draws."""
        if not self._draws:
            return (), 0
        last = max(self._draws, key=lambda each: each.ordinal)
        return read_settled(self._register, self._objects, last).credits_drawn, last.ordinal + 1

    def committed(self, timelines: Iterable[Timeline], since: date) -> tuple[Committed, ...]:
        """Return what the invoices say of the terms of commitments that are over, and not before a day."""
        terms = [term for timeline in timelines for term in terms_over(timeline, self._period) if term.days.end > since]
        if not terms:
            return ()
        settled = {each.invoice: each for each in self._settlements}.values()
        documents = [read_settled(self._register, self._objects, each) for each in settled]
        lines = [line.priced for document in documents for line in document.lines]
        return tuple(committed(term, lines) for term in terms)

    def unbilled_one_offs(self, contracts: Iterable[Contract]) -> tuple[str, ...]:
        """Name the one-off charges that were due before the period and are not on the invoice of their month."""
        missing = []
        for contract in contracts:
            for charge in contract.charges:
                if not isinstance(charge.price, DueOnce) or charge.price.due_on is None:
                    continue
                name = f"{contract.id}/{charge.id}"
                is_past = charge.price.due_on < self._period.start and name not in missing
                if is_past and name not in self._billed_in(f"{charge.price.due_on:%Y-%m}"):
                    missing.append(name)
        return tuple(missing)

    def _billed_in(self, month: str) -> set[str]:
        settlement = self._own.get(month)
        if settlement is None:
            return set()
        lines = read_settled(self._register, self._objects, settlement).lines
        return {f"{line.priced.explanation.contract}/{line.priced.charge}" for line in lines}


def read_settled(register: Register, objects: Objects, settlement: PeriodBilling) -> Invoice:
    """Return the invoice of a settlement; raises ImmutableDocument and NotFound."""
    released = register.released(settlement.invoice)
    if released is None:
        message = f"invoice {settlement.invoice} settled {settlement.period} and is not released"
        raise NotFound(message)
    return read_invoice(objects, released.document)


def billed_lines(register: Register, objects: Objects, settlements: Iterable[PeriodBilling]) -> list[BilledLine]:
    """Return what the settlements of one period billed, line by line; raises ImmutableDocument and NotFound."""
    billed: dict[LineIdentity, BilledLine] = {}
    for settlement in settlements:
        for line in read_settled(register, objects, settlement).lines:
            priced = line.priced
            name = _billed_name(priced, settlement)
            if name is not None:
                identity = line_identity(priced.explanation.contract, name, priced.dimension)
                billed[identity] = _add(billed.get(identity), name, priced, settlement.number)
    return list(billed.values())


def _billed_name(line: PricedLine, settlement: PeriodBilling) -> str | None:
    """Name the line of the settled period that an invoice's line billed, or None where it is of another period.

    What a credit paid is not part of it: differences are of what is owed. Nor is what a commitment's term fell short
    of, which is of many months.
    """
    if line.kind is LineKind.CREDIT or line.explanation.price_model == MODEL:
        return None
    if line.adjusts is None:
        return line.id if settlement.ordinal == 0 else None
    return line.adjusts.line if line.adjusts.period == settlement.period else None


def _add(known: BilledLine | None, name: str, line: PricedLine, number: str) -> BilledLine:
    return BilledLine(
        line=name,
        account=line.account,
        contract=line.explanation.contract,
        contract_version=line.explanation.contract_version,
        charge=line.charge,
        description=known.description if known else line.description,
        product=line.product,
        revenue_category=line.revenue_category,
        service_period=line.service_period,
        covered=line.covered,
        dimension=line.dimension,
        includes_tax=line.includes_tax,
        recognition_method=line.recognition.method,
        recognized_over=line.recognition.period,
        net=known.net + line.net if known else line.net,
        quantity=line.quantity + (known.quantity if known else 0),
        included_quantity=line.included_quantity + (known.included_quantity if known else 0),
        billed_quantity=line.billed_quantity + (known.billed_quantity if known else 0),
        numbers=(*known.numbers, number) if known else (number,),
    )
