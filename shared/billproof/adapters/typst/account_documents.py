"""Drawing statements of account, reminders and receipts, from the parts that invoices are drawn from."""

from collections.abc import Iterator, Sequence
from typing import Any

from billproof.adapters.typst.drawing import Part, Row, account_rows, draw, letterhead, row, sums, table
from billproof.adapters.typst.payment_codes import transfer_code
from billproof.adapters.typst.pdf import pro_forma_shown
from billproof.adapters.typst.texts import Writer
from billproof.adapters.typst.usage_documents import usage_shown
from billproof.errors import InvalidInput
from billproof.invoicing.particulars import Particulars
from billproof.money import Money, total
from billproof.payments.cash import SettledPart
from billproof.payments.references import payment_reference
from billproof.receivables.account_documents import (
    AccountDocument,
    ProFormaDocument,
    ReceiptDocument,
    ReminderDocument,
    StatementDocument,
    UsageDocument,
)
from billproof.receivables.model import LAST_DAYS, AgeBucket, StatedCurrency, StatedDocument, StatedReceipt


def render_account_document(document: AccountDocument) -> bytes:
    """Return a document to a customer as PDF/A-3 in its language; the same document always gives the same bytes."""
    return draw(account_document_shown(document), document.parties.day)


def account_document_shown(document: AccountDocument) -> dict[str, Any]:
    """Return what a document to a customer shows, as text in its language."""
    writer = Writer(document.parties.buyer.locale)
    match document:
        case StatementDocument():
            stated, said = _statement(document, writer)
        case ReminderDocument():
            stated, said = _reminder(document, writer)
        case UsageDocument():
            stated, said = document.parties.stated(None), usage_shown(document, writer)
        case ProFormaDocument():
            return pro_forma_shown(document.invoice, document.parties.day)
        case ReceiptDocument():
            stated, said = document.parties.stated(None), _receipt(document, writer)
    return letterhead(document.parties.seller, document.parties.buyer, stated, writer) | said


def _statement(document: StatementDocument, writer: Writer) -> tuple[Particulars, dict[str, Any]]:
    statement = document.statement
    to_pay = [stated.to_pay for stated in statement.currencies if stated.to_pay.amount > 0]
    numbers = [one.number for stated in statement.currencies for one in stated.documents if one.open.amount > 0]
    particulars = document.parties.stated(to_pay[0].currency if len(to_pay) == 1 else None)
    parts = [part for stated in statement.currencies for part in _currency(stated, writer)]
    nothing = {"kind": "paragraph", "text": writer.text("nothing_to_state")}
    return particulars, {
        "title": writer.text("title_statement"),
        "number": writer.day(statement.on),
        "facts": [[writer.text("as_of"), writer.day(statement.on)], [writer.text("account"), statement.account]],
        "parts": parts or [nothing],
        "payment": _payment(to_pay[0], numbers, particulars, writer) if len(to_pay) == 1 else None,
    }


def _currency(stated: StatedCurrency, writer: Writer) -> Iterator[Part]:
    yield {"kind": "heading", "text": writer.text("in_currency", currency=stated.currency)}
    if stated.documents:
        names = ("invoice", "invoice_issued", "due_on", "amount", "open")
        rows = _carried([(one.open, _document(one, writer)) for one in stated.documents], stated.currency, writer)
        yield table([writer.text(name) for name in names], rows, name=f"documents {stated.currency}")
    if stated.receipts:
        of_receipts = ("payment", "received_on", "amount", "unapplied")
        yield table([writer.text(name) for name in of_receipts], [_arrived(one, writer) for one in stated.receipts])
    yield _sums(stated, writer)


def _carried(rows: Sequence[tuple[Money, Row]], currency: str, writer: Writer) -> list[Row]:
    """Return rows that say what they come to up to each of them."""
    so_far, carried = Money.zero(currency), []
    for amount, shown in rows:
        so_far += amount
        carried.append(shown | {"carried": writer.money(so_far)})
    return carried


def _document(one: StatedDocument, writer: Writer) -> Row:
    went = _there([(name, getattr(one, name)) for name in _WENT], writer)
    details = [f"{name}: {amount}" for name, amount in went]
    overdue = [_overdue(one.days_overdue, writer)] if one.days_overdue else []
    cells = (writer.day(one.issued), writer.day(one.due), writer.money(one.gross), writer.money(one.open))
    return row(one.number, *cells, details=[*overdue, *details])


_WENT = ("credited", "written_off", "given_up", "paid", "disputed")
"""Where the amount of a document went, as a statement and the catalogues call it."""


def _overdue(days: int, writer: Writer) -> str:
    return writer.text("day_overdue") if days == 1 else writer.text("days_overdue", days=str(days))


def _arrived(one: StatedReceipt, writer: Writer) -> Row:
    details = [writer.text("pays", amount=writer.money(part.amount), number=part.number) for part in one.pays]
    if not one.gone_back.is_zero:
        details.append(f"{writer.text('gone_back')}: {writer.money(one.gone_back)}")
    cells = (writer.day(one.booked_on), writer.money(one.amount), writer.money(one.unapplied))
    return row(one.receipt, *cells, details=details)


def _sums(stated: StatedCurrency, writer: Writer) -> Part:
    aged = stated.aged
    ages = [[_age(bucket, writer), writer.money(aged.buckets[bucket])] for bucket in AgeBucket]
    before = [
        *(age for age, bucket in zip(ages, AgeBucket, strict=True) if not aged.buckets[bucket].is_zero),
        *_there([("overpaid", aged.overpaid)], writer),
        [writer.text("open_in_all"), writer.money(aged.open)],
        *_there([("disputed_part", aged.disputed), ("unapplied_money", -aged.unapplied)], writer),
    ]
    after = _there([("balance_to_draw", stated.balance)], writer)
    return sums([writer.text("to_pay"), writer.money(stated.to_pay)], before=before, after=after)


def _there(amounts: Sequence[tuple[str, Money]], writer: Writer) -> list[list[str]]:
    """Return amounts with their names, without those of nothing."""
    return [[writer.text(name), writer.money(amount)] for name, amount in amounts if not amount.is_zero]


def _age(bucket: AgeBucket, writer: Writer) -> str:
    buckets = list(AgeBucket)
    place = buckets.index(bucket)
    if place == 0:
        return writer.text("age_current")
    before = LAST_DAYS[buckets[place - 1]]
    if bucket not in LAST_DAYS:
        return writer.text("age_over", last=str(before))
    return writer.text("age_days", first=str(before + 1), last=str(LAST_DAYS[bucket]))


def _reminder(document: ReminderDocument, writer: Writer) -> tuple[Particulars, dict[str, Any]]:
    currencies = sorted({one.open.currency for one in document.rows})
    whole = {
        currency: total((one.open for one in document.rows if one.open.currency == currency), currency)
        for currency in currencies
    }
    particulars = document.parties.stated(currencies[0] if len(currencies) == 1 else None)
    parts: list[Part] = [
        {"kind": "paragraph", "text": writer.text("dear", name=document.parties.buyer.name)},
        {"kind": "paragraph", "text": document.text},
    ]
    for currency, amount in whole.items():
        rows = [
            row(one.number, writer.day(one.due), writer.money(one.open), details=[_overdue(one.days_overdue, writer)])
            for one in document.rows
            if one.open.currency == currency
        ]
        parts += [
            table([writer.text(name) for name in ("invoice", "due_on", "open")], rows),
            sums([writer.text("to_pay"), writer.money(amount)]),
        ]
    numbers = [one.number for one in document.rows]
    level = writer.text("level_of", level=str(document.level), levels=str(document.levels))
    return particulars, {
        "title": writer.text(f"title_reminder_{_which(document)}"),
        "number": writer.day(document.parties.day),
        "facts": [
            [writer.text("date"), writer.day(document.parties.day)],
            [writer.text("account"), document.parties.buyer.id],
            [writer.text("level"), level],
        ],
        "parts": parts,
        "payment": _payment(whole[currencies[0]], numbers, particulars, writer) if len(currencies) == 1 else None,
    }


def _which(document: ReminderDocument) -> str:
    if document.level == 1:
        return "first"
    return "last" if document.level == document.levels else "again"


def _payment(due: Money, numbers: Sequence[str], stated: Particulars, writer: Writer) -> dict[str, Any] | None:
    """Return where what is open is paid to; None where the legal entity states no account of its currency."""
    account = account_rows(stated, writer)
    if not account:
        return None
    reference = None
    if len(numbers) == 1:
        try:
            reference = payment_reference(numbers[0])
        except InvalidInput:  # the number is too long for one
            reference = None
    return {
        "terms": writer.text("pay_open"),
        "account": account,
        "remit": [],
        "code": transfer_code(stated.pay_to, due, reference, " ".join(numbers)),
        "swiss": None,
    }


def _receipt(document: ReceiptDocument, writer: Writer) -> dict[str, Any]:
    state = document.state
    receipt, currency = state.receipt, state.receipt.amount.currency
    settled = [part for use in state.applications for part in use.settlements]
    rows = [
        row(part.allocation.number, writer.money(part.allocation.spent), details=_freed(part, writer))
        for part in settled
    ]
    gone_back = state.gone_back.amount
    after = _there([("left_on_account", state.unapplied.amount), ("gone_back", gone_back)], writer)
    paid = total((part.allocation.spent for part in settled), currency)
    thanks = writer.text("we_received", amount=writer.money(receipt.amount), day=writer.day(receipt.booked_on))
    facts = [
        ("receipt_number", receipt.id),
        ("received_on", writer.day(receipt.booked_on)),
        ("account", document.parties.buyer.id),
        ("received_from", receipt.payer.name),
    ]
    parts: list[Part] = [{"kind": "paragraph", "text": thanks}]
    if rows:
        parts.append(table([writer.text("invoice"), writer.text("amount")], rows))
    before = [[writer.text("applied"), writer.money(paid)]] if rows and after else []
    parts.append(sums([writer.text("received"), writer.money(receipt.amount)], before=[*before, *after]))
    return {
        "title": writer.text("title_receipt"),
        "number": receipt.id,
        "facts": [[writer.text(name), text] for name, text in facts if text],
        "parts": parts,
    }


def _freed(part: SettledPart, writer: Writer) -> list[str]:
    extras = part.allocation.settled - part.allocation.paid
    freed = [f"{writer.text('freed')}: {writer.money(extras)}"] if not extras.is_zero else []
    conversion = part.allocation.conversion
    return freed if conversion is None else [f"{writer.money(part.allocation.paid)} ({conversion.rate})", *freed]
