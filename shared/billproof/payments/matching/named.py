"""Rules for receipts that name documents: whole numbers, shortened or mistyped ones, and texts that are cut off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from billproof.payments.matching.amounts import minor_units, states, subsets
from billproof.payments.matching.evidence import Evidence, Named, Naming, PayerStanding, open_units
from billproof.payments.matching.numbers_before import may_be_no_number
from billproof.payments.matching.rule import MatchVerdict, apply, propose
from billproof.payments.matching.settling import Settled, Settling, in_full, in_part, limit, settle_in_full, taken
from billproof.payments.matching.wording import goes_on_with, says_kept_by_banks, says_taken_off, text_of
from billproof.payments.model import OpenItem

NAMING_SAID = {
    Naming.STRUCTURED: "A structured reference with right check digits names the document.",
    Naming.NUMBER: "The text names every document by its number.",
    Naming.CORRECTED: "The text names a document by a number with misread characters or blanks in it.",
    Naming.SHORTENED: "The text names a document of the payer by the end of its number.",
    Naming.NEAR: "The text names a number one stroke away from that of a document of the payer.",
    Naming.CUT_OFF: "The text is cut off after some numbers; one choice of the payer's documents makes up the rest.",
}
_AS_GOOD_AS_EXACT = {Settling.EXACT, Settling.DISCOUNT, Settling.CHARGES_TOLD}

SENT_TWICE = "A part of it is paid, and the same amount may have been sent twice."


@dataclass(frozen=True, slots=True)
class NamedReading:
    """Named documents that a receipt pays in full, and how the least sure of them is named."""

    items: tuple[OpenItem, ...]
    naming: Naming
    settled: Settled


def named_in_full(naming: Naming, settlings: set[Settling]) -> Callable[[Evidence], MatchVerdict | None]:
    """Make the rule for documents that are named in a way and paid in full in some ways."""

    def decide(evidence: Evidence) -> MatchVerdict | None:
        reading = _reading(evidence)
        if reading is None or reading.naming is not naming or reading.settled.settling not in settlings:
            return None
        doubt = _doubt(evidence, reading)
        said = (NAMING_SAID[naming], *reading.settled.evidence)
        if doubt:
            return propose(evidence, reading.items, reading.settled.allocations, *said, doubt)
        return apply(evidence, reading.items, reading.settled.allocations, *said)

    return decide


def settled_in_full(settling: Settling) -> Callable[[Evidence], MatchVerdict | None]:
    """Make the rule for documents that are named in any way and paid in full but for a difference of a kind."""

    def decide(evidence: Evidence) -> MatchVerdict | None:
        verdicts = (named_in_full(naming, {settling})(evidence) for naming in Naming)
        return next((verdict for verdict in verdicts if verdict is not None), None)

    return decide


def _reading(evidence: Evidence) -> NamedReading | None:
    """Return how the receipt pays all that it names: with what is named in part, without it, or with a cut-off rest."""
    whole, hinted = evidence.named_open, evidence.hinted
    for names in ((*whole, *hinted), whole) if hinted else (whole,):
        if names:
            items = tuple(name.item for name in names)
            settled = settle_in_full(evidence, items)
            if settled is not None:
                return NamedReading(items, _weakest(names), settled)
    return _completed(evidence, (*whole, *hinted))


def _completed(evidence: Evidence, names: Sequence[Named]) -> NamedReading | None:
    """Complete a text that is cut off by the payer's documents that make up the rest, where one choice alone does."""
    items = [name.item for name in names]
    if not evidence.is_cut_off or not items or evidence.standing(items) is not PayerStanding.AGREES:
        return None
    others = _others(evidence, items)
    choices = subsets(open_units(others), evidence.amount - sum(open_units(items)))
    if not choices or len(choices) > 1:
        return None
    chosen = [others[place] for place in choices[0]]
    beginnings = evidence.numbers.cut_off
    if beginnings and not any(_begins(item, beginnings) for item in chosen):
        return None
    completed = (*items, *chosen)
    settled = settle_in_full(evidence, completed)
    return None if settled is None else NamedReading(completed, Naming.CUT_OFF, settled)


def _begins(item: OpenItem, beginnings: Sequence[str]) -> bool:
    letters = "".join(letter for letter in item.number if letter.isalnum())
    return any(letters.startswith(beginning) for beginning in beginnings)


def _doubt(evidence: Evidence, reading: NamedReading) -> str | None:
    """Return what else the receipt may be, or what is not sure enough; None where there is one reading."""
    return (
        _doubt_of_text(evidence, reading)
        or _doubt_of_difference(evidence, reading)
        or _doubt_of_payer(evidence, reading)
    )


def _doubt_of_text(evidence: Evidence, reading: NamedReading) -> str | None:
    if _is_what_was_paid(evidence):
        return "It also names documents that are paid, of the same amount: they may have been paid twice."
    if reading.naming is not Naming.CUT_OFF and (evidence.unresolved or evidence.numbers.cut_off):
        return "It also names what cannot be read as a document's number."
    if not reading.naming.is_whole and reading.settled.settling not in _AS_GOOD_AS_EXACT:
        return "The amount does not confirm what the text names in part."
    if evidence.hinted and reading.settled.settling is not Settling.EXACT and not _has_all(reading, evidence.hinted):
        return "The text names another document in part, and the amount is not to the unit what it pays."
    if reading.naming is Naming.NEAR and _may_be_anothers(evidence, reading.items):
        return "The number is of somebody else's document, which has the amount, too."
    return None


def _has_all(reading: NamedReading, names: Sequence[Named]) -> bool:
    return {name.item.document for name in names} <= {item.document for item in reading.items}


def _may_be_anothers(evidence: Evidence, items: Sequence[OpenItem]) -> bool:
    """Say whether a number that may be a mistyped one of the payer's is of an open document of the same amount."""
    whole = {name.item.document for name in evidence.named_open}
    others = (name.item for name in evidence.all_named if name.item.document not in whole)
    amounts = {item.open for item in items}
    return any(other.open.amount > 0 and other.open in amounts for other in others)


def _doubt_of_difference(evidence: Evidence, reading: NamedReading) -> str | None:
    if reading.settled.settling is not Settling.EXACT and _is_of_another(evidence, reading.items):
        return "Another open document has just this amount, or some of those that it names."
    if _is_said_to_be_taken_off(evidence, reading.settled):
        return "The text says what is missing, and not that a bank kept it: the payer took it off."
    if _may_be_a_part_again(evidence, reading.items):
        return SENT_TWICE
    return None


def _is_said_to_be_taken_off(evidence: Evidence, settled: Settled) -> bool:
    """Say whether a text says what would be given up, in words or as an amount, and does not call it a bank's."""
    lost = [amount for part in settled.allocations for amount in (part.charges, part.tolerance) if amount is not None]
    if not lost or settled.settling is Settling.CHARGES_TOLD:
        return False
    text = text_of(evidence.receipt)
    return says_taken_off(text) or (any(states(text, amount) for amount in lost) and not says_kept_by_banks(text))


def _doubt_of_payer(evidence: Evidence, reading: NamedReading) -> str | None:
    match evidence.standing(reading.items):
        case PayerStanding.CONFLICTS:
            return _doubt_of_another_payer(evidence, reading)
        case PayerStanding.UNKNOWN if reading.naming is not Naming.STRUCTURED:
            return _doubt_of_unknown_payer(evidence, reading)
    return None


def _doubt_of_another_payer(evidence: Evidence, reading: NamedReading) -> str | None:
    """Take a structured reference and the exact amount from anybody who owes nothing of that amount."""
    is_sure = reading.naming is Naming.STRUCTURED and reading.settled.settling is Settling.EXACT
    is_none_of_its_own = subsets(open_units(evidence.own), evidence.amount) == []
    return None if is_sure and is_none_of_its_own else "The payer is not who owes the document."


def _doubt_of_unknown_payer(evidence: Evidence, reading: NamedReading) -> str | None:
    """Take a number and the amount, unless a mistyped number would have the same amount."""
    if reading.settled.settling not in _AS_GOOD_AS_EXACT:
        return "Neither the amount nor the payer confirms the number."
    if any(evidence.neighbours(item) for item in reading.items):
        return "Another document of the same amount has nearly the same number, and the payer is not known."
    if any(may_be_no_number(item.number) for item in reading.items):
        return "The number is of digits alone, which may say something else, and the payer is not known."
    return None


def _is_of_another(evidence: Evidence, items: Sequence[OpenItem]) -> bool:
    """Say whether an amount that is short of some documents is that of another, or of fewer of them."""
    return evidence.amount in open_units(_others(evidence, items)) or subsets(open_units(items), evidence.amount) != []


def _may_be_a_part_again(evidence: Evidence, items: Sequence[OpenItem]) -> bool:
    """Say whether a document was paid by just this amount in part, not long before as far as it is known."""
    was_paid = {minor_units(item.gross) - minor_units(item.open) for item in items} - {0}
    if not was_paid:
        return False
    came = evidence.came_shortly_before(items)
    return evidence.amount in was_paid if came is None else came


def _is_what_was_paid(evidence: Evidence) -> bool:
    paid = [name.item for name in evidence.named_paid]
    return bool(paid) and sum(minor_units(item.gross) for item in paid) == evidence.amount


def part_payment(evidence: Evidence) -> MatchVerdict | None:
    """Pay a part of the one document that is named, where the amount is nothing else that is open."""
    if len(evidence.named_surely) != 1 or _is_unclear(evidence) or evidence.named_paid:
        return None
    (name,) = evidence.named_surely
    short = minor_units(name.item.open) - evidence.amount
    if short <= 0:
        return None
    said = (NAMING_SAID[name.naming], "The amount is less than what is open of it.")
    allocations = in_part(name.item, evidence)
    doubt = _doubt_of_amount(evidence, [name], [evidence.amount])
    if short <= limit(evidence, "charges") and not _was_discounted(name.item, short):
        doubt = "It may be a part, or all of it less charges of banks."
    if _may_be_a_part_again(evidence, [name.item]):
        doubt = SENT_TWICE
    if name.naming is Naming.SHORTENED:
        doubt = "Digits are the end of its number, and the amount does not confirm that they are meant so."
    if doubt:
        return propose(evidence, [name.item], allocations, *said, doubt)
    return apply(evidence, [name.item], allocations, *said)


def over_payment(evidence: Evidence) -> MatchVerdict | None:
    """Pay the documents that are named, and leave the rest on the account, where nothing open is of its amount."""
    items = [name.item for name in evidence.named_open]
    rest = evidence.amount - sum(open_units(items))
    if not items or rest <= 0 or evidence.hinted or _is_unclear(evidence):
        return None
    weakest = _weakest(evidence.named_open)
    said = (NAMING_SAID[weakest], "The amount is more than what is open of it: the rest is the account's.")
    allocations = in_full(evidence, items)
    doubt = _doubt_of_amount(evidence, evidence.named_open, [rest, evidence.amount])
    if _may_be_a_part_again(evidence, items):
        doubt = SENT_TWICE
    elif evidence.named_paid or (len(items) > 1 and taken(evidence, items)):
        doubt = "It also names what is paid, or a discount may be taken: the rest may be more than it seems."
    if doubt:
        return propose(evidence, items, allocations, *said, doubt)
    return apply(evidence, items, allocations, *said)


def _is_unclear(evidence: Evidence) -> bool:
    is_near = any(not name.naming.is_whole for name in evidence.hinted)
    return bool(is_near or evidence.unresolved or evidence.is_cut_off)


def _was_discounted(item: OpenItem, short: int) -> bool:
    return item.discount is not None and minor_units(item.discount) == short


def _doubt_of_amount(evidence: Evidence, names: Sequence[Named], amounts: Sequence[int]) -> str | None:
    """Return why named documents are not what an amount that differs from theirs pays, or not for sure."""
    items = [name.item for name in names]
    standing = evidence.standing(items)
    is_structured = all(name.naming is Naming.STRUCTURED for name in names)
    if standing is PayerStanding.CONFLICTS or (standing is PayerStanding.UNKNOWN and not is_structured):
        return "Neither the amount nor the payer confirms the number."
    others = _others(evidence, items)
    if goes_on_with(evidence.numbers.rest, [other.number for other in others]):
        return "The text has digits that may be the end of another open document's number."
    units = open_units(others)
    less = [minor_units(item.open) - minor_units(item.discount) for item in others if item.discount is not None]
    for amount in amounts:
        if amount == amount_told(evidence, amount, units) or subsets([*units, *less], amount) != []:
            return "Other documents are open that may be what the amount pays."
    if any(settle_in_full(evidence, (*items, *more)) for more in (others, *((other,) for other in others)) if more):
        return "With other documents that are open, all of it may be paid but for a difference."
    return None


def amount_told(evidence: Evidence, amount: int, units: Sequence[int]) -> int | None:
    """Return an amount if it is one of some open ones with the charges that a bank told of."""
    return amount if evidence.lost and amount + evidence.lost in units else None


def _others(evidence: Evidence, items: Sequence[OpenItem]) -> list[OpenItem]:
    """Return what else is open of the payer and of those who owe some documents."""
    documents = {item.document for item in items}
    accounts = evidence.payer.accounts | {item.account for item in items}
    return [item for item in evidence.open_of(accounts) if item.document not in documents]


def named_unclear(evidence: Evidence) -> MatchVerdict | None:
    """Leave to people what names documents, or seems to, and does not pay them in a way that any rule knows."""
    items = [name.item for name in (*evidence.named_open, *evidence.hinted)]
    if not items and not evidence.unreadable and not evidence.numbers.cut_off:
        return None
    others = [in_full(evidence, items)] if items and sum(open_units(items)) <= evidence.amount else []
    said = "What it names and the amount do not fit together in a way that any rule knows."
    return propose(evidence, items, (), said, others=others)


def _weakest(names: Sequence[Named]) -> Naming:
    order = list(Naming)
    return max((name.naming for name in names), key=order.index)
