"""Posted documents as a journal in plain text, for hledger and for beancount: a second program adds them up.

Accounts are named by their kind in the chart of the legal entity and their code: `Assets:1100`, `Income:4000`. What is
on no account of the chart is under `Equity`, where it is seen.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

from billproof.erp.port import PostedDocument
from billproof.errors import InvalidInput
from billproof.masterdata.charts import ChartOfAccounts
from billproof.masterdata.parties import LegalEntity
from billproof.money import unit

FIRST_DAY = "1970-01-01"
"""The day on which beancount's accounts are opened: before every document."""
_OTHER_THAN_NAME = re.compile(r"[^A-Za-z0-9]+")
_OTHER_THAN_TEXT = re.compile(r"[^ -~]|[\"\\;|]")


class PlainText(StrEnum):
    """The two syntaxes."""

    HLEDGER = "hledger"
    BEANCOUNT = "beancount"


def plain_text(documents: Iterable[PostedDocument], entity: LegalEntity, syntax: PlainText) -> Iterator[str]:
    """Yield the lines of a journal, in the order of dates and references, whatever the order of the documents.

    Raises InvalidInput where two ledger accounts would have one name.
    """
    ordered = sorted(documents, key=lambda document: (document.document_date, _name(document), document.accounting))
    names = _names({code for document in ordered for code in document.totals}, entity)
    yield from _declared(names, {document.currency for document in ordered}, syntax)
    for document in ordered:
        if not document.totals:
            continue
        day, reference, number = document.document_date, _text(document.external_reference), _text(document.erp_id)
        yield ""
        yield (
            f'{day} * "{number}" "{reference}"' if syntax is PlainText.BEANCOUNT else f"{day} * ({number}) {reference}"
        )
        for code, amount in document.totals.items():
            yield f"    {names[code]}  {amount.amount:f} {document.currency}"


def _name(document: PostedDocument) -> tuple[str, str]:
    return document.external_reference, document.erp_id


def _declared(names: dict[str, str], currencies: set[str], syntax: PlainText) -> Iterator[str]:
    for currency in sorted(currencies):
        if syntax is PlainText.BEANCOUNT:
            yield f"{FIRST_DAY} commodity {currency}"
        else:
            sample = f"{1000 + unit(currency):f}"
            yield f"commodity {sample if '.' in sample else f'{sample}.'} {currency}"
    for name in sorted(names.values()):
        yield f"{FIRST_DAY} open {name}" if syntax is PlainText.BEANCOUNT else f"account {name}"


def _names(codes: set[str], entity: LegalEntity) -> dict[str, str]:
    kinds = _kinds(entity)
    names = {code: f"{kinds.get(code, 'Equity')}:{_component(code)}" for code in sorted(codes)}
    if len(set(names.values())) != len(names):
        message = f"two ledger accounts of {entity.id} have one name in a journal: {', '.join(sorted(names.values()))}"
        raise InvalidInput(message)
    return names


def _kinds(entity: LegalEntity) -> dict[str, str]:
    """Say of which kind each account of a chart is; one that is named for several things is of the first kind."""
    chart: ChartOfAccounts = entity.chart_of_accounts
    cash = chart.cash
    kinds: dict[str, tuple[str | None, ...]] = {
        "Assets": (chart.receivable, *(account.ledger_account for account in entity.cash_accounts)),
        "Liabilities": (chart.deferred_revenue, chart.tax_payable, chart.customer_balance),
        "Income": tuple(chart.revenue.values()),
        "Expenses": (chart.bad_debt,),
    }
    if cash is not None:
        kinds["Liabilities"] += (cash.unapplied,)
        kinds["Expenses"] += (cash.discounts, cash.charges, cash.differences, cash.exchange)
    by_code: dict[str, str] = {}
    for kind, codes in (*kinds.items(), ("Assets", (chart.contract_assets,))):
        for code in codes:
            if code is not None:
                by_code.setdefault(code, kind)
    return by_code


def _component(code: str) -> str:
    """Return a code as a part of an account's name: letters, digits and dashes, beginning with a capital or digit."""
    text = _OTHER_THAN_NAME.sub("-", code).strip("-")
    return text[:1].upper() + text[1:] if text else "None"


def _text(value: str) -> str:
    return _OTHER_THAN_TEXT.sub(" ", value).strip()
