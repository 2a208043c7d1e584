"""How receipts are booked: what arrived, and what became of it, each under a reference of its own.

    received     Dr cash account           Cr unapplied
    applied      Dr unapplied              Cr receivable      what is paid, one entry for each document
                 Dr discounts, charges, differences           what the document is freed of besides
                 Dr tax payable                               the tax in a discount, where the law lowers it
                 Dr or Cr exchange                            what receivable and payment differ by in the books
    reversed     the same with the signs turned
    returned     Dr unapplied              Cr cash account
    refunded     Dr unapplied              Cr cash account
    paid out     Dr unapplied              Cr clearing account of the gateway
    fee          Dr fees                   Cr clearing account of the gateway
    gateway difference
                 Dr unapplied              Cr other income   what a gateway gave back beyond what it took
                 Dr other income           Cr unapplied      what we bear of what it took beyond what was paid

All amounts are in the currency of the books: a receipt was converted once, at the rate of the day on which it was
booked, a receivable when its document was issued (IAS 21.21, 21.28; ASC 830-20-30-1, 830-20-35-1).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from billproof.errors import InvalidInput
from billproof.invoicing.balance import Worth
from billproof.ledger.model import EntryKind, JournalEntry
from billproof.ledger.revenue import Move, entry_lines
from billproof.masterdata.charts import CashAccount, CashChart
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.payments.cash import EXTRAS, ReceiptState, ReceiptUse, SettledPart
from billproof.payments.gateway_model import GatewayMovement
from billproof.payments.model import CashReceipt, UseKind

MEMOS = {"discount": "discount taken", "charges": "bank charges", "tolerance": "difference given up"}


@dataclass(frozen=True, slots=True)
class CashAccounts:
    """The ledger accounts that a receipt moves."""

    cash: CashAccount
    chart: CashChart
    receivable: str
    tax_payable: str

    @classmethod
    def of(cls, receipt: CashReceipt, entity: LegalEntity) -> "CashAccounts":
        """Return those of a receipt; raises InvalidInput where its legal entity has no account for it."""
        cash, chart = entity.cash_account(receipt.source), entity.chart_of_accounts.cash
        if cash is None or chart is None:
            message = f"{entity.id} has no cash account for the source of this receipt"
            raise InvalidInput(message)
        return cls(cash, chart, entity.chart_of_accounts.receivable, entity.chart_of_accounts.tax_payable)


def reference_of(receipt: str, use: int, settlement: int = 0) -> str:
    """Return the external reference of what a use of a receipt comes to, or of one of what it settles, from 1 on."""
    return "-".join((receipt, f"{use:03d}", *([str(settlement)] if settlement else [])))


def entries_of(state: ReceiptState, entity: LegalEntity) -> Iterator[JournalEntry]:
    """Yield every entry of a receipt: of its arrival, and of all that happened to it."""
    receipt, accounts = state.receipt, CashAccounts.of(state.receipt, entity)
    arrival = [
        (accounts.cash.ledger_account, "received", state.received.booked),
        (accounts.chart.unapplied, "received", -state.received.booked),
    ]
    yield _entry(state, entity, receipt.id, receipt.booked_on.isoformat(), arrival, account="")
    for use in state.uses:
        name, day = reference_of(receipt.id, use.ordinal), use.day.isoformat()
        if use.booked is not None:
            other = _other_side(use, accounts, entity)
            gone = [(accounts.chart.unapplied, use.kind.value, use.booked), (other, use.kind.value, -use.booked)]
            yield _entry(state, entity, name, day, gone, account=state.account or "")
        for number, part in enumerate(use.settlements, start=1):
            moves = list(_applied(part, accounts))
            if use.kind is UseKind.REVERSED:
                moves = [(account, memo, -amount) for account, memo, amount in moves]
            name, document = reference_of(receipt.id, use.ordinal, number), part.allocation.document
            yield _entry(state, entity, name, day, moves, account=use.account or "", document=document)


def _other_side(use: ReceiptUse, accounts: CashAccounts, entity: LegalEntity) -> str:
    if use.kind is UseKind.GATEWAY_DIFFERENCE:
        return other_income(entity)
    return clearing_account(use.gateway, entity) if use.gateway else accounts.cash.ledger_account


def other_income(entity: LegalEntity) -> str:
    """Return the ledger account of other income; raises InvalidInput where there is none."""
    chart = entity.chart_of_accounts.cash
    if chart is None or chart.other_income is None:
        message = f"the chart of accounts of {entity.id} has no account for what gateways give: cash.other_income"
        raise InvalidInput(message)
    return chart.other_income


def clearing_account(gateway: str, entity: LegalEntity) -> str:
    """Return the ledger account of what a gateway holds; raises InvalidInput where there is none."""
    cash = entity.cash_account(gateway)
    if cash is None:
        message = f"{entity.id} has no cash account for its gateway {gateway}"
        raise InvalidInput(message)
    return cash.ledger_account


def fee_entry(fee: GatewayMovement, entity: LegalEntity) -> JournalEntry:
    """Return the entry of what a gateway keeps, or gives back; raises InvalidInput without an account for fees."""
    chart = entity.chart_of_accounts.cash
    if chart is None or chart.fees is None:
        message = f"the chart of accounts of {entity.id} has no account for the fees of gateways"
        raise InvalidInput(message)
    moves = [(chart.fees, "fee", -fee.amount), (clearing_account(fee.source, entity), "fee", fee.amount)]
    day = fee.booked_on.isoformat()
    return JournalEntry.balanced(
        kind=EntryKind.CASH,
        legal_entity=entity.id,
        external_reference=fee.id,
        invoice="",
        billing_account="",
        period=day[:7],
        document_date=day,
        currency=entity.currency,
        document_amount=None,
        lines=entry_lines(iter(moves)),
    )


def _applied(part: SettledPart, accounts: CashAccounts) -> Iterator[Move]:
    """Yield what an application to one document moves; what rounds is the exchange difference's."""
    chart = accounts.chart
    yield accounts.receivable, "paid", -part.booked
    yield chart.unapplied, "paid", part.paid_booked
    named = dict(zip(EXTRAS, (chart.discounts, chart.charges, chart.differences), strict=True))
    left = part.booked - part.paid_booked
    for name, share in part.extras():
        left -= share.booked
        taxes = list(_taxes(part, share)) if name == "discount" else []
        yield named[name], MEMOS[name], share.booked - share.nothing.booked.plus(tax for _, tax in taxes)
        yield from ((accounts.tax_payable, place, tax) for place, tax in taxes)
    yield chart.exchange, "exchange difference", left


def _taxes(part: SettledPart, discount: Worth) -> Iterator[tuple[str, Money]]:
    """Yield by jurisdiction what of a discount is tax, with its share of what the discount is booked with."""
    left = discount
    for tax in part.allocation.discount_taxes:
        share = left.part(tax.amount)
        left += -share
        yield tax.jurisdiction, share.booked


def _entry(
    state: ReceiptState,
    entity: LegalEntity,
    name: str,
    day: str,
    moves: list[Move],
    *,
    account: str,
    document: str = "",
) -> JournalEntry:
    return JournalEntry.balanced(
        kind=EntryKind.CASH,
        legal_entity=entity.id,
        external_reference=name,
        invoice=document,
        billing_account=account,
        period=day[:7],
        document_date=day,
        currency=entity.currency,
        document_amount=state.receipt.amount if state.receipt.amount.currency != entity.currency else None,
        lines=entry_lines(iter(moves)),
    )
