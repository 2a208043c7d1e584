"""Statements as CSV, by a declared format. Each account and currency of a file is a statement of its own."""

from typing import Any

from billproof.adapters.bank_files.csv_rows import CsvRow, rows
from billproof.adapters.bank_files.values import (
    built,
    creditor_reference,
    currency,
    lines_of,
    place_in_order,
    reference_or_none,
    refuse,
)
from billproof.masterdata.csv_files import CsvStatementFormat
from billproof.money import Money
from billproof.payments.model import Payer
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry


def parse(data: bytes, declared: CsvStatementFormat) -> list[BankStatement]:
    """Read every statement of a file; raises InvalidInput with what is wrong, and in which line."""
    parts: dict[tuple[str, str], list[CsvRow]] = {}
    for row in rows(data, declared, declared.columns.headers):
        account = declared.account or row.text(declared.columns.account)
        if account is None:
            refuse("there is no account", row.place)
        code = currency(declared.currency or row.text(declared.columns.currency), row.place)
        parts.setdefault((account.replace(" ", ""), code), []).append(row)
    if not parts:
        refuse("there is no entry, so nothing says a balance", "the whole file")
    return [_statement(account, code, lines, declared) for (account, code), lines in parts.items()]


def _statement(account: str, code: str, lines: list[CsvRow], declared: CsvStatementFormat) -> BankStatement:
    if declared.order == "newest_first":
        lines.reverse()
    entries = [_entry(row, code, declared) for row in lines]
    opening, closing = _balances(lines, entries, code, declared)
    booked = [entry.booked_on for entry in entries]
    numbers = {row.text(declared.columns.number) for row in lines}
    if len(numbers) > 1:
        refuse("the entries of an account are of several statements", lines[0].place)
    return built(
        BankStatement,
        "the whole file",
        account=account,
        currency=code,
        number=place_in_order(numbers.pop(), lines[0].place),
        starts_on=min(booked),
        ends_on=max(booked),
        opening=opening,
        closing=closing,
        entries=tuple(entries),
    )


def _balances(
    lines: list[CsvRow], entries: list[StatementEntry], code: str, declared: CsvStatementFormat
) -> tuple[Money, Money]:
    """Return both balances; where each line has one, each must be the one before it and the line's amount."""
    columns = declared.columns
    if columns.balance is None:
        ends = {(_needed(row, columns.opening, code), _needed(row, columns.closing, code)) for row in lines}
        if len(ends) > 1:
            refuse("the balances are not the same in every line", lines[0].place)
        return ends.pop()
    opening = reached = _needed(lines[0], columns.balance, code) - entries[0].amount
    for row, entry in zip(lines, entries, strict=True):
        balance = _needed(row, columns.balance, code)
        reached += entry.amount
        if balance != reached:
            refuse(f"the balance is {balance.text}, and the one before it and the entry make {reached}", row.place)
    return opening, reached


def _needed(row: CsvRow, column: str | None, code: str) -> Money:
    amount = row.amount(column, code)
    if amount is None:
        refuse("there is no amount", f"{row.place}, column {column}")
    return amount


def _entry(row: CsvRow, code: str, declared: CsvStatementFormat) -> StatementEntry:
    columns = declared.columns
    amount = _amount(row, code, declared)
    booked_on = row.day(columns.booked_on)
    if booked_on is None:
        refuse("there is no day", f"{row.place}, column {columns.booked_on}")
    structured = row.text(columns.structured)
    known = structured and creditor_reference(structured)
    lines = [row.raw(column) for column in columns.remittance]
    return built(
        StatementEntry,
        row.place,
        amount=amount,
        kind=_kind(row, amount, declared),
        booked_on=booked_on,
        value_on=row.day(columns.value_on) or booked_on,
        reference=reference_or_none(row.text(columns.reference)),
        party=built(Payer, row.place, **_party(row, declared)),
        structured=known or None,
        remittance=lines_of(lines if known else [structured or "", *lines]),
        end_to_end=reference_or_none(row.text(columns.end_to_end)),
        charges=_charges(row, code, declared),
        original=_original(row, amount, declared),
    )


def _party(row: CsvRow, declared: CsvStatementFormat) -> dict[str, Any]:
    account = row.text(declared.columns.party_account)
    return {"name": row.text(declared.columns.party_name), "account": account and account.replace(" ", "")}


def _amount(row: CsvRow, code: str, declared: CsvStatementFormat) -> Money:
    """Return an entry's amount with its sign; of two columns without, exactly one says something."""
    columns = declared.columns
    if columns.amount is not None:
        return _needed(row, columns.amount, code)
    sides = [(row.amount(columns.credit, code), 1), (row.amount(columns.debit, code), -1)]
    given = [(amount, sign) for amount, sign in sides if amount is not None and not amount.is_zero]
    if len(given) != 1 or given[0][0].amount < 0:
        refuse("exactly one of credit and debit has an amount, without a sign", row.place)
    amount, sign = given[0]
    return amount if sign > 0 else -amount


def _kind(row: CsvRow, amount: Money, declared: CsvStatementFormat) -> MovementKind:
    returned = row.text(declared.columns.returned) in declared.returned_texts
    if amount.amount < 0:
        return MovementKind.REVERSAL if returned else MovementKind.DEBIT
    return MovementKind.DEBIT_REVERSAL if returned else MovementKind.CREDIT


def _charges(row: CsvRow, code: str, declared: CsvStatementFormat) -> Money | None:
    """Return what banks kept, whichever sign the bank writes it with."""
    charged = row.amount(declared.columns.charges, code)
    if charged is None or charged.is_zero:
        return None
    return charged if charged.amount > 0 else -charged


def _original(row: CsvRow, amount: Money, declared: CsvStatementFormat) -> Money | None:
    columns = declared.columns
    code = row.text(columns.original_currency)
    original = None if code is None else row.amount(columns.original_amount, currency(code, row.place))
    return None if original in {amount, -amount} else original
