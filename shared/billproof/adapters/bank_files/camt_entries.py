"""The entries of CAMT.053 and CAMT.054: amounts, days, who paid, and what for.

An entry may be a batch with details of its payments. Where the details add up to the entry, each is an entry of its
own; where they do not, or have no amounts, the entry stays one, with the text of all of them.
"""

from datetime import date

from pydantic import ValidationError

from billproof.adapters.bank_files.values import (
    built,
    creditor_reference,
    day,
    lines_of,
    money,
    reference_or_none,
    refuse,
)
from billproof.adapters.bank_files.xml_tree import XmlElement
from billproof.money import Money, total
from billproof.payments.model import BankRate, Payer
from billproof.payments.statements import MovementKind, StatementEntry

_TRUE = {"true", "1"}
_EXCHANGES = ("InstdAmt", "TxAmt", "CntrValAmt")
_NO_DETAIL = XmlElement("TxDtls", {}, 0)


def entries_of(statement: XmlElement, fallback_day: date, currency: str) -> tuple[StatementEntry, ...]:
    """Read every booked entry of a statement or notification, in its order."""
    booked = (node for node in statement.all("Ntry") if (node.words("Sts/Cd", "Sts") or "BOOK") == "BOOK")
    return tuple(entry for node in booked for entry in _of_one(node, fallback_day, currency))


def signed(node: XmlElement) -> Money:
    """Return the amount of an entry or balance: below zero where it is a debit."""
    amount = node.first("Amt")
    if amount is None:
        refuse("there is no amount", node.place)
    value = _amount(amount)
    side = node.words("CdtDbtInd")
    if side not in {"CRDT", "DBIT"}:
        refuse("CdtDbtInd is neither CRDT nor DBIT", node.place)
    return -value if side == "DBIT" else value


def currency_of(amount: XmlElement) -> str:
    """Return the currency that an amount is written with."""
    return amount.attributes.get("Ccy", "")


def day_of(node: XmlElement, name: str) -> date:
    """Return the day of a date, or of a date with time, as it is written."""
    written = node.words(f"{name}/Dt", f"{name}/DtTm")
    return day((written or "")[:10], node.place)


def _amount(node: XmlElement) -> Money:
    return money(node.text.strip(), currency_of(node), node.place)


def _of_one(node: XmlElement, fallback_day: date, currency: str) -> list[StatementEntry]:
    """Return an entry, or the payments of it where it is a batch whose details add up."""
    amount = signed(node)
    details = node.all("NtryDtls/TxDtls")
    shares = _shares(details, amount, currency) if len(details) > 1 else None
    if shares is not None:
        return [
            _entry(node, [detail], share, fallback_day, in_batch=True)
            for detail, share in zip(details, shares, strict=True)
        ]
    return [_entry(node, details, amount, fallback_day, in_batch=False)]


def _shares(details: list[XmlElement], amount: Money, currency: str) -> list[Money] | None:
    """Return the amounts of a batch's payments, below zero where money left; None where they do not add up."""
    shares = []
    for detail in details:
        node = next((part for part in _amounts(detail) if currency_of(part) == currency), None)
        if node is None:
            return None
        leaves = detail.words("CdtDbtInd") == "DBIT" if detail.first("CdtDbtInd") else amount.amount < 0
        shares.append(-_amount(node) if leaves else _amount(node))
    return shares if total(shares, currency) == amount else None


def _amounts(detail: XmlElement) -> list[XmlElement]:
    paths = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
    return [node for path in paths for node in detail.all(path)]


def _entry(
    node: XmlElement, details: list[XmlElement], amount: Money, fallback_day: date, *, in_batch: bool
) -> StatementEntry:
    """Make an entry of what the bank says of it, and of the details of its payment."""
    detail = details[0] if len(details) == 1 else _NO_DETAIL
    kind = _kind(node, details, amount)
    booked_on = day_of(node, "BookgDt") if node.first("BookgDt") else None
    value_on = day_of(node, "ValDt") if node.first("ValDt") else None
    structured, remittance = _text(node, details)
    reference = detail.words("Refs/AcctSvcrRef") or (None if in_batch else node.words("AcctSvcrRef"))
    return built(
        StatementEntry,
        node.place,
        amount=amount,
        kind=kind,
        booked_on=booked_on or value_on or fallback_day,
        value_on=value_on or booked_on or fallback_day,
        reference=reference_or_none(reference),
        party=_party(detail, kind),
        structured=structured,
        remittance=remittance,
        end_to_end=reference_or_none(detail.words("Refs/EndToEndId")),
        charges=_charges(detail, amount.currency) or (None if in_batch else _charges(node, amount.currency)),
        original=_original(detail, amount) or (None if in_batch else _original(node, amount)),
        bank_rate=_rate(detail) or (None if in_batch else _rate(node)),
        in_batch=in_batch,
    )


def _kind(node: XmlElement, details: list[XmlElement], amount: Money) -> MovementKind:
    """Say what an entry is: one that is marked as a reversal, or has a reason of return, takes another back."""
    returned = node.words("RvslInd") in _TRUE or any(detail.first("RtrInf") for detail in details)
    if amount.amount < 0:
        return MovementKind.REVERSAL if returned else MovementKind.DEBIT
    return MovementKind.DEBIT_REVERSAL if returned else MovementKind.CREDIT


def _party(detail: XmlElement, kind: MovementKind) -> Payer:
    """Return the other side: the debtor of what arrived, also where it is taken back; else the creditor."""
    names = ("Dbtr", "UltmtDbtr") if kind in {MovementKind.CREDIT, MovementKind.REVERSAL} else ("Cdtr", "UltmtCdtr")
    paths = [f"RltdPties/{name}{way}/Nm" for name in names for way in ("", "/Pty")]
    account = detail.words(f"RltdPties/{names[0]}Acct/Id/IBAN", f"RltdPties/{names[0]}Acct/Id/Othr/Id")
    return built(Payer, detail.place, name=detail.words(*paths), account=account and account.replace(" ", ""))


def _text(node: XmlElement, details: list[XmlElement]) -> tuple[str | None, str]:
    """Return the structured reference, if the payments have one and the same, and all other text, whole."""
    references: list[str] = []
    lines: list[str] = []
    for remittance in (part for detail in details for part in detail.all("RmtInf")):
        lines += [line.text.strip("\r\n\t") for line in remittance.all("Ustrd")]
        for part in remittance.all("Strd"):
            lines += [number.text.strip() for number in part.all("RfrdDocInf/Nb")]
            written = [reference.text.strip() for reference in part.all("CdtrRefInf/Ref")]
            references += [known for text in written if (known := creditor_reference(text))]
            lines += [text for text in written if not creditor_reference(text)]
            lines += [line.text.strip() for line in part.all("AddtlRmtInf")]
    if not references and not lines:
        lines = [text for detail in details if (text := detail.words("AddtlTxInf"))]
        lines = lines or [node.words("AddtlNtryInf") or ""]
    if len(set(references)) > 1:
        return None, lines_of([*references, *lines])
    return next(iter(references), None), lines_of(lines)


def _charges(node: XmlElement, currency: str) -> Money | None:
    """Return what banks kept, if it is in the entry's currency; None where nothing was kept."""
    records = node.all("Chrgs/Rcrd") or [part for part in node.all("Chrgs") if part.first("Amt")]
    kept = [_amount(amount) for part in records if part.words("CdtDbtInd") != "CRDT" for amount in part.all("Amt")]
    if not kept or any(amount.currency != currency for amount in kept):
        return None
    charged = total(kept, currency)
    return None if charged.is_zero else charged


def _original(node: XmlElement, amount: Money) -> Money | None:
    """Return what the payer sent, where that is another amount or currency than what was booked."""
    sent = node.first("AmtDtls/InstdAmt/Amt")
    if sent is None:
        return None
    original = _amount(sent)
    return None if original in {amount, -amount} else original


def _rate(node: XmlElement) -> BankRate | None:
    """Return at which rate the bank converted a payment, where it says of which currency one unit is priced (UnitCcy).

    Without that the same figure may be read in both directions: ISO 20022 leaves it to the banks.
    """
    for part in _EXCHANGES:
        exchange = node.first(f"AmtDtls/{part}/CcyXchg")
        if exchange is None:
            continue
        source, target, base = (exchange.words(name) for name in ("SrcCcy", "TrgtCcy", "UnitCcy"))
        rate = exchange.words("XchgRate")
        if rate and source and target and base in {source, target} and source != target:
            quote = target if base == source else source
            return _built_rate(base, quote, rate)
    return None


def _built_rate(base: str | None, quote: str, rate: str) -> BankRate | None:
    """Return a rate; None of one that converts nothing, such as nought: the money came, and other rates may hold."""
    try:
        return BankRate.model_validate({"base": base, "quote": quote, "rate": rate})
    except ValidationError:
        return None
