"""CAMT.053 statements and CAMT.054 notifications of ISO 20022, any version: which account, balances and entries.

Only booked entries count: what is pending comes again when it is booked.
"""

import re
from datetime import date

from billproof.adapters.bank_files.camt_entries import currency_of, day_of, entries_of, signed
from billproof.adapters.bank_files.values import built, day, place_in_order, refuse
from billproof.adapters.bank_files.xml_tree import XmlElement, read_xml
from billproof.money import Money
from billproof.payments.statements import BankStatement, StatementEntry

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.05[34]\.001\.[0-9]{2}", re.ASCII)
_MESSAGES = ("BkToCstmrStmt/Stmt", "BkToCstmrDbtCdtNtfctn/Ntfctn")


def parse(data: bytes) -> list[BankStatement]:
    """Read every statement and notification of a file; raises InvalidInput with what is wrong, and where."""
    root, namespace = read_xml(data)
    if root.name != "Document" or not _NAMESPACE.fullmatch(namespace):
        refuse("this is neither CAMT.053 nor CAMT.054", root.place)
    nodes = [node for path in _MESSAGES for node in root.all(path)]
    if not nodes:
        refuse("there is no statement and no notification", root.place)
    return [_statement(node) for node in nodes]


def _statement(node: XmlElement) -> BankStatement:
    account = node.words("Acct/Id/IBAN", "Acct/Id/Othr/Id")
    if account is None:
        refuse("the account has neither an IBAN nor a number", node.place)
    in_currency = _currency(node)
    opening, closing = _balances(node) if node.name == "Stmt" else (None, None)
    entries = entries_of(node, _fallback_day(node, closing), in_currency)
    starts_on, ends_on = _days(node, opening, closing, entries)
    return built(
        BankStatement,
        node.place,
        account=account.replace(" ", ""),
        currency=in_currency,
        bank_id=node.words("Id"),
        number=place_in_order(node.words("ElctrncSeqNb", "LglSeqNb"), node.place),
        page=_page(node),
        starts_on=starts_on,
        ends_on=ends_on,
        opening=opening and _balance(opening),
        closing=closing and _balance(closing),
        entries=entries,
    )


def _currency(node: XmlElement) -> str:
    """Return the account's currency: as it says, else as its balance or its first entry says."""
    code = node.words("Acct/Ccy")
    if code is not None:
        return code
    amount = node.first("Bal/Amt", "Ntry/Amt")
    if amount is None:
        refuse("nothing says the currency of the account", node.place)
    return currency_of(amount)


def _page(node: XmlElement) -> int | None:
    """Return which page of a statement this is; none where it has only one."""
    page = place_in_order(node.words("StmtPgntn/PgNb", "NtfctnPgntn/PgNb"), node.place)
    is_last = node.words("StmtPgntn/LastPgInd", "NtfctnPgntn/LastPgInd") in {"true", "1"}
    return None if page == 1 and is_last else page


def _balances(node: XmlElement) -> tuple[XmlElement, XmlElement]:
    """Return the balances at both ends: a page of a statement has interim ones in place of them."""
    coded: dict[str, list[XmlElement]] = {}
    for balance in node.all("Bal"):
        coded.setdefault(balance.words("Tp/CdOrPrtry/Cd") or "", []).append(balance)
    interim = coded.get("ITBD", [])
    starts = coded.get("OPBD") or coded.get("PRCD") or interim[:1]
    ends = coded.get("CLBD") or (interim if interim[-1:] != starts else interim[1:])[-1:]
    for balances, name in ((starts, "an opening balance (OPBD or PRCD)"), (ends, "a closing balance (CLBD)")):
        if len(balances) != 1:
            refuse(f"a statement has {name}, once", node.place)
    return starts[0], ends[0]


def _balance(node: XmlElement) -> Money:
    return signed(node)


def _fallback_day(node: XmlElement, closing: XmlElement | None) -> date:
    """Return the day of entries that have none: the schema allows that for what a bank books itself."""
    if closing is not None:
        return day_of(closing, "Dt")
    created = node.words("CreDtTm") or ""
    return day(created[:10], node.place)


def _days(
    node: XmlElement, opening: XmlElement | None, closing: XmlElement | None, entries: tuple[StatementEntry, ...]
) -> tuple[date, date]:
    """Return from when to when it tells: as it says, else by its balances, else by its entries."""
    period = node.first("FrToDt")
    if period is not None:
        written = [period.words(f"{end}Tm", end) or "" for end in ("FrDt", "ToDt")]
        return day(written[0][:10], period.place), day(written[1][:10], period.place)
    if opening is not None and closing is not None:
        return day_of(opening, "Dt"), day_of(closing, "Dt")
    booked = [entry.booked_on for entry in entries] or [_fallback_day(node, None)]
    return min(booked), max(booked)
