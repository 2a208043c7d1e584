"""Journal entries as SAP's function module takes them, and as its journal shows them.

Account and customer numbers of digits have leading zeros inside SAP. The reference has 16 characters; the whole number
is in the texts, for people.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from billproof.adapters.answers import as_documented
from billproof.adapters.sap.rest import AGAIN, Document
from billproof.erp.port import PostedDocument, short_reference
from billproof.errors import PostingRejected
from billproof.ledger.model import JournalEntry
from billproof.masterdata.charts import ErpBooks
from billproof.money import Money

REFERENCE_LENGTH = 16
NUMBER_LENGTH = 10
HEADER_TEXT_LENGTH = 25
ITEM_TEXT_LENGTH = 50
DEBIT, CREDIT = "S", "H"
_DATE = re.compile(r"/Date\((-?[0-9]{1,17})(?:[+-][0-9]{4})?\)/")


def posting_of(entry: JournalEntry, books: ErpBooks, *, customer: str, receivables: frozenset[str]) -> Document:
    """Return the parameters of BAPI_ACC_DOCUMENT_POST: lines on receivables are those of a customer.

    Raises PostingRejected for a customer whose number SAP has no room for.
    """
    tables: dict[str, list[Document]] = {"ACCOUNTGL": [], "ACCOUNTRECEIVABLE": [], "CURRENCYAMOUNT": []}
    for number, line in enumerate(entry.lines, start=1):
        item = f"{number:010}"
        row: dict[str, Any] = {
            "ITEMNO_ACC": item,
            "GL_ACCOUNT": inside(books.accounts.get(line.account, line.account)),
            "ITEM_TEXT": f"{entry.external_reference} {line.memo}".strip()[:ITEM_TEXT_LENGTH],
        }
        if line.account in receivables:
            tables["ACCOUNTRECEIVABLE"].append({**row, "CUSTOMER": _customer(books.party_prefix, customer)})
        else:
            tables["ACCOUNTGL"].append(row)
        amount = {"ITEMNO_ACC": item, "CURRENCY": entry.currency, "AMT_DOCCUR": f"{line.amount.amount:f}"}
        tables["CURRENCYAMOUNT"].append(amount)
    header = {
        "COMP_CODE": books.company,
        "DOC_TYPE": books.journal,
        "DOC_DATE": f"{entry.document_date:%Y%m%d}",
        "PSTNG_DATE": f"{entry.document_date:%Y%m%d}",
        "HEADER_TXT": entry.external_reference[:HEADER_TEXT_LENGTH],
        "REF_DOC_NO": short_reference(entry.external_reference, REFERENCE_LENGTH),
    }
    return {"DOCUMENTHEADER": header, **tables}


def _customer(prefix: str, account: str) -> str:
    number = f"{prefix}{account}"
    if len(number) > NUMBER_LENGTH:
        message = f"{number} is longer than the {NUMBER_LENGTH} characters that SAP has for a customer"
        remedy = f"publish the legal entity with a shorter party_prefix, or the account under a shorter id, {AGAIN}"
        raise PostingRejected(message, remedy=remedy, reason="party")
    return inside(number)


def inside(number: str) -> str:
    """Return a number as SAP keeps it: one of digits has ten of them."""
    return number.zfill(NUMBER_LENGTH) if number.isascii() and number.isdigit() else number


def _shown(number: str) -> str:
    """Return a number as people write it."""
    return number.lstrip("0") if number.isascii() and number.isdigit() else number


def _ours(books: ErpBooks, number: str) -> str:
    """Return our name of an account of SAP's; one that stands for none of ours is named as a stranger."""
    shown = _shown(number)
    for account, theirs in books.accounts.items():
        if _shown(theirs) == shown:
            return account
    return f"not ours: {shown}" if shown in books.accounts else shown


@as_documented("SAP", "sap")
def document_of(entry: Document, books: ErpBooks) -> PostedDocument:
    """Return an entry of the journal, with its items, as the port states a document.

    Raises ExternalServiceUnavailable for what is none.
    """
    items = entry["to_JournalEntryItem"]["results"]
    return PostedDocument.of_lines(
        ((_ours(books, item["GLAccount"]), _amount(item)) for item in items),
        external_reference=entry["ReferenceDocument"],
        erp_id=f"{entry['CompanyCode']} {entry['AccountingDocument']} {entry['FiscalYear']}",
        document_date=_day(entry["DocumentDate"]),
        currency=entry["TransactionCurrency"],
    )


def _amount(item: Document) -> Money:
    sign = {DEBIT: 1, CREDIT: -1}[item["DebitCreditCode"]]
    return Money.of(Decimal(item["AmountInTransactionCurrency"]) * sign, item["TransactionCurrency"])


def _day(text: str) -> date:
    match = _DATE.fullmatch(text)
    if match is None:
        message = "no date"
        raise ValueError(message)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(match[1]))).date()
