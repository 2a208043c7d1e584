"""Journal entries as Tryton's moves, and back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from billproof.adapters.answers import as_documented
from billproof.adapters.tryton.books import Books, TrytonAccount
from billproof.adapters.tryton.rest import Document
from billproof.erp.port import PostedDocument, short_reference
from billproof.ledger.model import EntryLine, JournalEntry
from billproof.money import Money

REFERENCE_LENGTH = 64
FIELDS = ("number", "date", "description", "lines.account.code", "lines.party", "lines.debit", "lines.credit")
ZERO = Decimal(0)

type Taxes = Mapping[str, int]
"""The taxes that lines on the account of tax are reported under, by the jurisdictions of their memos."""


def move_of(
    entry: JournalEntry,
    books: Books,
    *,
    period: int,
    accounts: Mapping[str, TrytonAccount],
    party: int | None,
    taxes: Taxes,
    tax_account: str,
) -> Document:
    """Return the move that says what an entry does: a customer's lines carry the party, those of tax their tax."""

    def line_of(line: EntryLine) -> Document:
        amount, account = line.amount.amount, accounts[line.account]
        values: dict[str, Any] = {
            "account": account.id,
            "party": party if account.requires_party else None,
            "debit": max(amount, ZERO),
            "credit": max(-amount, ZERO),
            "description": f"{entry.external_reference} {line.memo}".strip(),
        }
        if line.account == tax_account and line.memo in taxes:
            tax_line = {"type": "tax", "tax": taxes[line.memo], "amount": -amount}
            values["tax_lines"] = [["create", [tax_line]]]
        return values

    return {
        "company": books.company,
        "journal": books.journal,
        "period": period,
        "date": entry.document_date,
        "description": short_reference(entry.external_reference, REFERENCE_LENGTH),
        "lines": [["create", [line_of(line) for line in entry.lines]]],
    }


@as_documented("Tryton", "tryton")
def says_the_same(draft: Document, wanted: Document) -> bool:
    """Say whether a draft of an earlier try is what is to be posted: its day, and the lines of its accounts."""
    ((_, lines),) = wanted["lines"]
    here = sorted((line["account"]["id"], line["party"] or 0, line["debit"], line["credit"]) for line in draft["lines"])
    there = sorted((line["account"], line["party"] or 0, line["debit"], line["credit"]) for line in lines)
    return bool(draft["date"] == wanted["date"] and here == there)


@as_documented("Tryton", "tryton")
def document_of(move: Document, books: Books) -> PostedDocument:
    """Return a move as the port states a document, from what Tryton holds alone."""
    return PostedDocument.of_lines(
        (
            (books.ours(line["account"]["code"]), Money.of(line["debit"] - line["credit"], books.currency))
            for line in move["lines"]
        ),
        external_reference=move["description"] or "",
        erp_id=move["number"] or "",
        document_date=move["date"],
        currency=books.currency,
    )
