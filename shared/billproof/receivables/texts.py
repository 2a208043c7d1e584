"""Statements of account and reminders as plain text, as a customer reads them: 80 characters wide up to 9,999,999."""

from collections.abc import Iterator, Sequence
from functools import partial

from billproof.masterdata.parties import Account
from billproof.money import total
from billproof.receivables.model import StatedCurrency, StatementOfAccount
from billproof.receivables.reminders import RemindedDocument
from billproof.wording.catalogue import mail_text

AMOUNT_WIDTH = 11


def statement_text(statement: StatementOfAccount) -> str:
    """Write a statement of account: every document and receipt that it names, and what is open of them."""
    lines = [f"Statement of account on {statement.on}", f"{statement.name} ({statement.account})"]
    for stated in statement.currencies:
        lines += ["", f"Amounts in {stated.currency}", *_currency(stated)]
    if not statement.currencies:
        lines += ["", "There is nothing to state."]
    return "\n".join(lines) + "\n"


def _currency(stated: StatedCurrency) -> Iterator[str]:
    if stated.documents:
        yield ""
        yield _row(("Invoice", "Issued", "Due"), ("Total", "Open"), "Overdue")
        for document in stated.documents:
            overdue = f"{document.days_overdue} d" if document.days_overdue else ""
            days = (str(document.issued), str(document.due))
            yield _row((document.number, *days), (document.gross.text, document.open.text), overdue)
            for name, amount in (
                ("credited", document.credited),
                ("written off", document.written_off),
                ("discounts, charges and differences", document.given_up),
                ("paid", document.paid),
                ("disputed", document.disputed),
            ):
                if not amount.is_zero:
                    yield f"  {name}: {amount.text}"
    if stated.receipts:
        yield ""
        yield _row(("Payment", "Received", ""), ("Amount", "Unapplied"), "")
        for arrived in stated.receipts:
            names = (arrived.receipt, str(arrived.booked_on), "")
            yield _row(names, (arrived.amount.text, arrived.unapplied.text), "")
            for part in arrived.pays:
                yield f"  pays {part.amount.text} of {part.number}"
            if not arrived.gone_back.is_zero:
                yield f"  went back: {arrived.gone_back.text}"
    yield ""
    yield from _sums(stated)


def _sums(stated: StatedCurrency) -> Iterator[str]:
    for bucket, amount in stated.aged.buckets.items():
        days = "not due yet" if bucket == "current" else f"{bucket} days overdue"
        if not amount.is_zero:
            yield _sum(days, amount.text)
    if not stated.aged.overpaid.is_zero:
        yield _sum("paid or credited beyond the invoice", stated.aged.overpaid.text)
    yield _sum("open", stated.aged.open.text)
    if not stated.aged.disputed.is_zero:
        yield _sum("  of it disputed", stated.aged.disputed.text)
    if not stated.aged.unapplied.is_zero:
        yield _sum("payments that pay no invoice yet", (-stated.aged.unapplied).text)
    yield _sum("to pay", stated.to_pay.text)
    if not stated.balance.is_zero:
        yield _sum("balance that later invoices draw", stated.balance.text)


def _row(names: Sequence[str], amounts: Sequence[str], last: str) -> str:
    first, *days = names
    texts = [f"{first:<26}", *(f"{day:<11}" for day in days), *(f"{amount:>{AMOUNT_WIDTH}}" for amount in amounts)]
    return f"{''.join(texts)} {last}".rstrip()


def _sum(name: str, amount: str) -> str:
    return f"{name:<48}{amount:>{2 * AMOUNT_WIDTH}}"


def reminder_text(rows: Sequence[RemindedDocument], account: Account, text: str, seller: str) -> str:
    """Write a reminder in the customer's language: the text of its level, the documents, and what they come to."""
    said = partial(mail_text, account.locale)
    lines = [said("dear", name=account.name), "", text, ""]
    for row in rows:
        name = "reminder_row_of_a_day" if row.days_overdue == 1 else "reminder_row"
        values = {"number": row.number, "due": row.due, "open": row.open, "days": row.days_overdue}
        lines.append(f"  {said(name, **values)}")
    for currency in sorted({row.open.currency for row in rows}):
        whole = total((row.open for row in rows if row.open.currency == currency), currency)
        lines += ["", said("in_all", amount=whole)]
    return "\n".join([*lines, "", seller]) + "\n"
