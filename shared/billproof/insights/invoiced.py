"""What releases and receipts add: what was billed, by product and region, how long it took, and what is paid of it.

released   + invoiced          - what is open of it is followed until nothing is
credited   a credit note takes off what is open of its invoice, as a receipt does
"""

from collections import Counter
from decimal import Decimal

from billproof.identities import InvoiceId
from billproof.insights.leakage import LeakCause
from billproof.insights.recorded import RecordedFact
from billproof.insights.standing import ProcessStanding, UnderWay, Unpaid
from billproof.invoicing.credit_reasons import reason_of
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import DELIVERED, POSTED
from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.invoicing.register import Register
from billproof.money import CONTEXT, Money
from billproof.payments.cash import CashEntry
from billproof.pricing.model import LineKind

MONTHS_KEPT = 6
"""Of so many months it is known what was billed."""


def take_released(fact: RecordedFact) -> None:
    """Add an invoice, a credit note or a write-off that was released."""
    released = Released.model_validate(fact.document)
    document = read_invoice(fact.sources.objects, released.document)
    if document.kind is DocumentKind.INVOICE:
        _invoiced(fact, released, document)
        return
    given = -released.document.in_books.gross
    if document.kind is DocumentKind.CREDIT_NOTE:
        fact.figures.add("credited", given)
        fact.figures.add("credited", given, by="reason", of=str(reason_of(document)))
    else:
        fact.figures.add("written_off", given)
    worth = released.receivable
    _changes(fact, str(InvoiceId.parse(released.invoice).invoice), worth.amount.amount, worth.booked.amount)


def _invoiced(fact: RecordedFact, released: Released, document: Invoice) -> None:
    figures, standing, name = fact.figures, fact.standing, released.invoice
    gross = released.document.in_books.gross
    figures.add("released", gross)
    figures.add("released", gross, by="region", of=document.buyer.address.country)
    _bill(standing, released)
    figures.took("release", fact.since_end_of(released.period.name))
    drafted = standing.drafts.pop(name, None)
    if drafted is not None:
        figures.took("draft_to_release", fact.since(drafted))
    if name in standing.held:
        standing.held.remove(name)
    else:
        figures.add("touchless")
    _by_product(fact, document)
    standing.released[name] = UnderWay(at=fact.at, waits=(POSTED, DELIVERED))
    worth = released.receivable
    if worth.amount.amount > 0:
        standing.unpaid[name] = _unpaid(released, document, open=worth.amount.amount, booked=worth.booked.amount)


def _bill(standing: ProcessStanding, released: Released) -> None:
    """Add to what is billed of a month; only the last months are kept."""
    net = released.document.totals.net
    known = standing.billed.setdefault(released.period.name, {})
    known[net.currency] = CONTEXT.add(known.get(net.currency, Decimal(0)), net.amount)
    for period in sorted(standing.billed)[:-MONTHS_KEPT]:
        del standing.billed[period]


def _by_product(fact: RecordedFact, document: Invoice) -> None:
    """Add the net of each product, and what lines bill of earlier months: that was nearly not billed."""
    numbers: Counter[str] = Counter()
    nets: dict[str, Money] = {}
    for line in document.lines:
        net, product = line.in_books.net, line.priced.product
        numbers[product] += 1
        nets[product] = nets[product] + net if product in nets else net
        if line.priced.kind is LineKind.DIFFERENCE and net.amount > 0:
            cause = LeakCause.USAGE if line.priced.meter else LeakCause.CONTRACT
            fact.figures.add("recovered", net, by="cause", of=str(cause))
    for product, net in nets.items():
        fact.figures.add("lines", net, by="product", of=product, number=numbers[product])


def take_cash(fact: RecordedFact) -> None:
    """Add what a receipt settles of invoices, or opens again."""
    entry = CashEntry.model_validate(fact.document)
    for part in entry.settlements:
        worth = -part.worth if entry.is_reversal else part.worth
        fact.figures.add("settled", worth.booked)
        _changes(fact, part.allocation.document, -worth.amount.amount, -worth.booked.amount)


def _changes(fact: RecordedFact, invoice: str, amount: Decimal, booked: Decimal) -> None:
    """Change what is open of an invoice; once nothing is, it is paid, and followed no more until it is open again."""
    if not amount:
        return
    unpaid = fact.standing.unpaid.get(invoice) or _settled(fact, invoice)
    if unpaid is None:
        return
    was_open = unpaid.open > 0
    unpaid.open = CONTEXT.add(unpaid.open, amount)
    unpaid.booked = CONTEXT.add(unpaid.booked, booked)
    fact.standing.unpaid[invoice] = unpaid
    if not unpaid.open and not unpaid.booked:
        del fact.standing.unpaid[invoice]
    if was_open and unpaid.open <= 0:
        midnight = fact.standing.midnight(fact.day)
        fact.figures.took("payment", midnight - fact.standing.midnight(unpaid.issued))


def _settled(fact: RecordedFact, invoice: str) -> Unpaid | None:
    """Return an invoice of which nothing is open; None of what another system billed before it was taken over."""
    released = Register(fact.sources.facts["invoices"]).released(invoice)
    if released is None:
        return None
    document = read_invoice(fact.sources.objects, released.document)
    return _unpaid(released, document, open=Decimal(0), booked=Decimal(0))


def _unpaid(released: Released, document: Invoice, *, open: Decimal, booked: Decimal) -> Unpaid:  # noqa: A002 - as the field is called
    worth = released.receivable
    return Unpaid(
        issued=released.issue_date,
        due=document.due_date,
        currency=worth.amount.currency,
        open=open,
        books=worth.booked.currency,
        booked=booked,
    )
