"""January's payments as tables: cash by rule, what a person decided, what is still open, and the two equations."""

from collections.abc import Iterator

from rich.table import Table

from billproof_ops import tables
from billproof_ops.demo.cash_summary import CashSummary


def cash_tables(cash: CashSummary) -> Iterator[Table]:
    """Yield what to print."""
    yield _rules(cash)
    yield _decisions(cash)
    yield _still_open(cash)
    yield _disputes(cash)
    yield _payouts(cash)
    for balance in cash.balances:
        verdict = "balances" if balance.balances else "DOES NOT BALANCE"
        equations = (printed.equation for printed in balance.equations)
        yield tables.equations(equations, title=f"Payments statement of {balance.legal_entity}: {verdict}")
    yield _closed(cash)


def _rules(cash: CashSummary) -> Table:
    numbers = ("Receipts", "Amount", "Decided by a person")
    files = f"{len(cash.statements)} bank statements, {cash.gaps} gaps between them"
    table = tables.table("Matching rule", *numbers, title=f"Cash by rule: {files}", right=numbers)
    for row in cash.rules:
        table.add_row(row.rule, str(row.receipts), f"{row.amount} {row.currency}", str(row.decided_by_people or ""))
    return table


def _decisions(cash: CashSummary) -> Table:
    table = tables.table("Payer", "Amount", "Proposed by", "Pays", "Left", "Decided by", title="Receipts that waited")
    for row in cash.decisions:
        table.add_row(row.payer, row.amount, row.proposed, "\n".join(row.pays), row.unapplied, row.decided_by)
    return table


def _still_open(cash: CashSummary) -> Table:
    amounts = ("Total", "Paid", "Open")
    names = ("Number", "Account", *amounts, "Why")
    table = tables.table(*names, title="Still open", whole=("Number",), right=amounts)
    for row in cash.still_open:
        table.add_row(row.number, row.account, row.total, row.paid, row.open, row.standing)
    return table


def _disputes(cash: CashSummary) -> Table:
    names = ("Number", "Account", "Amount", "Cause", "Status", "Owner", "Deadline")
    table = tables.table(*names, title="Disputed", whole=("Number", "Amount"), right=("Amount",))
    for row in cash.disputes:
        table.add_row(row.number, row.account, row.amount, row.cause, row.status, row.owner, row.deadline)
    return table


def _payouts(cash: CashSummary) -> Table:
    held = "; ".join(f"{row.gateway} holds {row.held}, {row.on_the_way} on the way" for row in cash.gateways)
    numbers = ("Amount", "Unexplained")
    table = tables.table("Payout", *numbers, "Settles", "At the bank", title=f"Payouts: {held}", right=numbers)
    for row in (payout for gateway in cash.gateways for payout in gateway.payouts):
        settles = "\n".join(f"{movement} {amount}" for movement, amount in row.settles.items())
        table.add_row(row.payout, row.amount, row.unexplained, settles, "found" if row.receipt else "NOT FOUND")
    return table


def _closed(cash: CashSummary) -> Table:
    table = tables.table("Legal entity", "Month", "Closed by", "With", title="Closed", whole=("Legal entity",))
    for row in cash.closed:
        table.add_row(row.legal_entity, row.period, row.signed_by, "\n".join(row.open_points) or "nothing open")
    return table
