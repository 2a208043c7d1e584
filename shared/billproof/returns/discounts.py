"""What a cash discount that was taken corrects in the return of the month in which it was.

The taxable amount and its tax are lowered in the month of the payment, not in that of the supply (Directive
2006/112/EC, article 90(1); section 17(1) UStG): shared over the lines of the document as these were taxed.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.ledger.model import JournalEntry
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money, allocate, total
from billproof.payments.entries import MEMOS
from billproof.payments.proportions import share
from billproof.returns.declaring import declared_lines
from billproof.returns.model import DeclaredLine
from billproof.tax.cash_discounts import law_that_reduces


def takes_discount(entry: JournalEntry, entity: LegalEntity) -> bool:
    """Say whether an entry of cash books a discount that was taken, or takes that back."""
    return not _net(entry, entity).is_zero


def discount_lines(
    entry: JournalEntry, invoice: Invoice, released: Released, entity: LegalEntity
) -> Iterator[DeclaredLine]:
    """Yield by how much a discount corrects the lines of a document; nothing where the law lowers nothing."""
    lines = list(declared_lines(invoice, released, entity))
    nets = shared_over(_net(entry, entity), [line.net for line in lines])
    taxes = {line.memo: line.amount for line in entry.lines if line.account == entity.chart_of_accounts.tax_payable}
    nothing = Money.zero(entry.currency)
    for jurisdiction in dict.fromkeys(line.jurisdiction for line in lines):
        law = law_that_reduces(jurisdiction)
        mine = [(line, net) for line, net in zip(lines, nets, strict=True) if line.jurisdiction == jurisdiction]
        amounts = shared_over(taxes.get(jurisdiction, nothing), [line.amount for line, _ in mine])
        for (line, net), amount in zip(mine, amounts, strict=True):
            if law is not None and not (net.is_zero and amount.is_zero):
                yield _corrected(line, entry, net, amount, law)


def _corrected(line: DeclaredLine, entry: JournalEntry, net: Money, amount: Money, law: str) -> DeclaredLine:
    taxable = net if line.taxable == line.net else share(line.taxable, net, line.net)
    changes = {
        "number": entry.external_reference,
        "kind": DocumentKind.CREDIT_NOTE,
        "issue_date": entry.document_date,
        "declared_in": entry.period,
        "corrects": "",
        "net": -net,
        "taxable": -taxable,
        "amount": -amount,
        "reason": f"cash discount taken of {line.number}",
        "source": law,
    }
    return line.model_copy(update=changes)


def _net(entry: JournalEntry, entity: LegalEntity) -> Money:
    chart = entity.chart_of_accounts.cash
    account = chart.discounts if chart is not None else ""
    taken = (line.amount for line in entry.lines if line.account == account and line.memo == MEMOS["discount"])
    return total(taken, entry.currency)


def shared_over(whole: Money, of: Sequence[Money]) -> list[Money]:
    """Share an amount over others, to the unit: over those above zero or, where all come to less, those below it."""
    sign = -1 if sum(amount.amount for amount in of) < 0 else 1
    weights = [max(sign * amount.amount, Decimal(0)) for amount in of]
    return allocate(whole, weights) if any(weights) else [Money.zero(whole.currency)] * len(of)
