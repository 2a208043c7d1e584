"""Rules for money in another currency than the documents that it pays: an amount alone never says what it pays."""

from billproof.payments.converting import no_rate, paying, ways_in_full
from billproof.payments.matching.amounts import minor_units, subsets
from billproof.payments.matching.evidence import Evidence, Naming, PayerStanding, open_units
from billproof.payments.matching.payers import KNOWN_FOR_SURE
from billproof.payments.matching.rule import MatchVerdict, apply, propose
from billproof.payments.matching.settling import limit
from billproof.payments.matching.unnamed import doubt_of_days
from billproof.payments.model import Allocation, OpenItem

MORE_THAN_RATES = "The difference is more than the policy's `exchange_share`, or what was sent is another amount."


def converted(evidence: Evidence) -> MatchVerdict | None:
    """Pay the one document that is named, or the only open one of a known payer, in full at a dated rate."""
    item = _named(evidence) if evidence.all_named else _only_open(evidence)
    if item is None or item.open.currency == evidence.currency:
        return None
    allocation = paying(item, evidence.receipt, evidence.receipt.amount, book=evidence.book, rules=evidence.rules)
    if allocation is None or allocation.conversion is None or _doubt(evidence, item, allocation):
        return None
    if allocation.settled != item.open or (allocation.charges and evidence.lost > limit(evidence, "charges")):
        return None
    worth, rate = allocation.conversion.worth, allocation.conversion.rate
    said = f"It is worth {worth} ({rate}), and {item.open} are open."
    return apply(evidence, [item], (allocation,), _why(evidence), said)


def _why(evidence: Evidence) -> str:
    return "It names one document of another currency." if evidence.all_named else "All that the payer owes is this."


def _named(evidence: Evidence) -> OpenItem | None:
    """Return the one document that is named, by a structured reference or by its number and its payer."""
    if len(evidence.all_named) != 1 or evidence.unresolved or evidence.is_cut_off or evidence.hinted:
        return None
    (name,) = evidence.all_named
    standing = evidence.standing([name.item])
    is_sure = standing is PayerStanding.AGREES or (
        standing is PayerStanding.UNKNOWN and name.naming is Naming.STRUCTURED
    )
    return name.item if is_sure and name.item.open.amount > 0 else None


def _only_open(evidence: Evidence) -> OpenItem | None:
    """Return the only open document of a payer that is known for sure, where the text names nothing at all."""
    payer = evidence.payer
    if payer.sole is None or payer.identity not in KNOWN_FOR_SURE or evidence.named_paid:
        return None
    if evidence.unreadable or evidence.is_cut_off or evidence.hinted or evidence.numbers.shortened:
        return None
    items = evidence.of_account(payer.sole)
    return items[0] if len(items) == 1 else None


def _doubt(evidence: Evidence, item: OpenItem, allocation: Allocation) -> str | None:
    """Return what else the receipt may be: it came before its invoice, was sent twice, or pays what is in its own."""
    if item.issued > evidence.receipt.booked_on:
        return "The document was issued after the money was booked."
    worth = item.open if allocation.conversion is None else allocation.conversion.worth
    if len(ways_in_full(item, evidence.receipt, worth.plus(filter(None, [allocation.charges])), evidence.rules)) > 1:
        return "It may be all of it, or all less its discount: rates differ by as much."
    own = evidence.open_of(evidence.payer.accounts | {item.account})
    if subsets(open_units(own), evidence.amount) != []:
        return "Other documents are open, in its currency, that may be what it pays."
    if evidence.all_named:
        was_paid = minor_units(item.gross) != minor_units(item.open)
        return "A part of it is paid: it may have been sent twice." if was_paid else None
    return doubt_of_days(evidence, [item])


def other_currency(evidence: Evidence) -> MatchVerdict | None:
    """Leave to people what pays documents of another currency, and what comes from who owes in others alone."""
    named = [name.item for name in evidence.all_named if name.item.open.currency != evidence.currency]
    if named:
        return _proposed(evidence, named, "It names a document of another currency.")
    sole = evidence.payer.sole
    if sole is None or evidence.all_named or evidence.own:
        return None
    owed = evidence.of_account(sole)
    return _proposed(evidence, list(owed), "All that the payer owes is of another currency.") if owed else None


def _proposed(evidence: Evidence, items: list[OpenItem], said: str) -> MatchVerdict:
    """Propose what the receipt is worth for the one document that it may pay; several are for people to divide."""
    if len(items) != 1:
        return propose(evidence, items, (), said)
    (item,) = items
    receipt = evidence.receipt
    allocation = paying(item, receipt, receipt.amount, book=evidence.book, rules=evidence.rules)
    if allocation is None or allocation.conversion is None:
        return propose(evidence, items, (), said, f"It waits: {no_rate(receipt, item.open.currency)}.")
    worth, rate = allocation.conversion.worth, allocation.conversion.rate
    said_of_worth = f"It is worth {worth} ({rate}), and {item.open} are open."
    is_possible = allocation.paid.amount > 0 and allocation.settled.amount <= item.open.amount
    doubt = _doubt(evidence, item, allocation) if allocation.settled == item.open else MORE_THAN_RATES
    pays = (allocation,) if is_possible else ()
    return propose(evidence, items, pays, said, said_of_worth, *([doubt] if doubt else []))
