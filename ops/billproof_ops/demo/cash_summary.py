"""What the demo says of January's payments: the banks' statements, cash by rule, decisions, and what is still open."""

from collections.abc import Iterable
from datetime import date

from billproof.conservation.cash import CashStatement
from billproof.invoicing.model import Released
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.model import UseKind
from billproof.payments.settlement import GatewayBalance
from billproof.pipeline.month_facts import SignOff
from billproof_ops.demo.equations import EquationSummary, equation_summary
from billproof_ops.disputes import DisputeRow
from billproof_ops.model import Shown
from billproof_ops.statements import StatementRow


class CashRuleSummary(Shown):
    """How much of the receipts of one currency a matching rule applied; what it only proposed, people decided."""

    rule: str
    currency: str
    receipts: int
    amount: str
    decided_by_people: int


class ReceiptDecisionSummary(Shown):
    """A receipt that nobody was sure of, what a rule proposed, and what a person decided."""

    receipt: str
    payer: str
    amount: str
    proposed: str
    decided_by: str
    pays: list[str]
    unapplied: str
    reason: str


class OpenInvoiceSummary(Shown):
    """An invoice of which something is open when all that arrived is applied."""

    number: str
    account: str
    due: str
    total: str
    paid: str
    open: str
    standing: str


class CashBalanceSummary(Shown):
    """The two equations of a legal entity's cash."""

    legal_entity: str
    balances: bool
    equations: list[EquationSummary]


class PayoutSummary(Shown):
    """A payout of a gateway: what it is made of, and the receipt of the bank that it is."""

    gateway: str
    payout: str
    amount: str
    settles: dict[str, str]
    unexplained: str
    receipt: str | None


class GatewaySummary(Shown):
    """What a gateway holds, what is on the way to the bank, and its payouts."""

    gateway: str
    held: str
    on_the_way: str
    payouts: list[PayoutSummary]


class ClosedMonthSummary(Shown):
    """The month, as a person closed it: with which open points."""

    legal_entity: str
    period: str
    signed_by: str
    open_points: list[str]


class CashSummary(Shown):
    """January, as it was paid."""

    statements: list[StatementRow]
    gaps: int
    rules: list[CashRuleSummary]
    decisions: list[ReceiptDecisionSummary]
    still_open: list[OpenInvoiceSummary]
    disputes: list[DisputeRow]
    gateways: list[GatewaySummary]
    closed: list[ClosedMonthSummary]
    balances: list[CashBalanceSummary]


def rules_of(states: Iterable[ReceiptState]) -> list[CashRuleSummary]:
    """Add receipts up by the rule that matched them first, those that people decided with them."""
    by_rule: dict[tuple[str, str], list[ReceiptState]] = {}
    for state in states:
        first = next((use.match for use in state.uses if use.match is not None), None)
        if first is not None:
            by_rule.setdefault((first.rule, state.receipt.amount.currency), []).append(state)
    return [
        CashRuleSummary(
            rule=rule,
            currency=currency,
            receipts=len(mine),
            amount=Money.zero(currency).plus(state.receipt.amount for state in mine).text,
            decided_by_people=sum(any(use.decided_by for use in state.uses) for state in mine),
        )
        for (rule, currency), mine in sorted(by_rule.items())
    ]


def receipt_decisions(states: Iterable[ReceiptState]) -> list[ReceiptDecisionSummary]:
    """Return what people decided about receipts."""
    return [
        ReceiptDecisionSummary(
            receipt=state.receipt.id,
            payer=state.receipt.payer.name or "",
            amount=str(state.receipt.amount),
            proposed=next(
                (use.match.rule for use in state.uses if use.kind is UseKind.PROPOSED and use.match is not None), ""
            ),
            decided_by=use.decided_by,
            pays=[f"{part.allocation.number}: {part.allocation.paid}" for part in use.settlements],
            unapplied=str(state.unapplied.amount),
            reason=use.reason,
        )
        for state in states
        for use in state.applications
        if use.decided_by
    ]


def open_invoice(released: Released, due: date, left: Money, *, today: date) -> OpenInvoiceSummary:
    """Say what of an invoice is open on a day, and whether that is late."""
    paid = released.receivable.amount - left
    late = f"overdue since {due}" if due < today else f"due on {due}"
    return OpenInvoiceSummary(
        number=released.number,
        account=released.account,
        due=due.isoformat(),
        total=str(released.receivable.amount),
        paid=str(paid),
        open=str(left),
        standing=late if paid.is_zero else f"paid short, {late}",
    )


def cash_balance(statement: CashStatement) -> CashBalanceSummary:
    """Shorten a statement of cash to that of the legal entity."""
    return CashBalanceSummary(
        legal_entity=statement.legal_entity,
        balances=statement.balances,
        equations=[equation_summary(equation) for equation in statement.equations],
    )


def gateway_summary(balance: GatewayBalance) -> GatewaySummary:
    """Write what a gateway holds as text."""
    return GatewaySummary(
        gateway=balance.gateway,
        held=str(balance.held),
        on_the_way=str(balance.on_the_way),
        payouts=[
            PayoutSummary(
                gateway=balance.gateway,
                payout=payout.payout,
                amount=str(payout.amount),
                settles={movement.value: str(amount) for movement, amount in payout.settles.items()},
                unexplained=str(payout.difference),
                receipt=payout.receipt,
            )
            for payout in balance.payouts
        ],
    )


def closed_month(signed: SignOff) -> ClosedMonthSummary:
    """Say who closed a month, and with what open."""
    return ClosedMonthSummary(
        legal_entity=signed.legal_entity,
        period=signed.period,
        signed_by=signed.signed_by,
        open_points=[f"{point.category.value} {point.amount} of {point.account}" for point in signed.open_points],
    )
