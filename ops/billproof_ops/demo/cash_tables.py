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
    for balance in cash.balances:
        verdict = "balances" if balance.balances else "DOES NOT BALANCE"
        equations = (printed.equation for printed in balance.equations)
        yield tables.equations(equations, title=f"Payments statement of {balance.legal_entity}: {verdict}")


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
