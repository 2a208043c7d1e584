"""Rules that come first: documents that are paid already."""

from billproof.payments.matching.amounts import minor_units, subsets
from billproof.payments.matching.evidence import Evidence, PayerStanding, open_units
from billproof.payments.matching.rule import MatchVerdict, apply, propose
from billproof.payments.matching.settling import in_full, settle_in_full
from billproof.payments.model import Allocation


def reused_reference(evidence: Evidence) -> MatchVerdict | None:
    """Leave to people what names paid documents alone, and whose amount is that of others that are open."""
    if not evidence.named_paid or evidence.named_open:
        return None
    readings = _readings_of_own(evidence)
    if not readings:
        return None
    said = "It names documents that are paid; the amount may pay others that are open."
    return propose(evidence, [], (), said, others=readings)


def duplicate(evidence: Evidence) -> MatchVerdict | None:
    """Apply to nothing what pays paid documents again: same payer, same amount. The account has it to its credit."""
    paid = [name.item for name in evidence.named_paid]
    if not paid or evidence.named_open or evidence.hinted or evidence.unresolved:
        return None
    gross = sum(minor_units(item.gross) for item in paid)
    discounts = sum(minor_units(item.discount) for item in paid if item.discount is not None)
    is_same = evidence.amount in {gross, gross - discounts}
    said = "It names documents that are paid already"
    if is_same and evidence.standing(paid) is PayerStanding.AGREES:
        return apply(evidence, paid, (), f"{said}, by the same payer and the same amount: it is not applied.")
    return propose(evidence, paid, (), f"{said}, by another payer or with another amount.")


def _readings_of_own(evidence: Evidence) -> list[tuple[Allocation, ...]]:
    """Return what of the payer's own, and of the account whose paid documents are named, the amount may pay."""
    accounts = evidence.payer.accounts | {name.item.account for name in evidence.named_paid}
    own = evidence.open_of(accounts)
    choices = subsets(open_units(own), evidence.amount)
    if choices is None:
        return [()]
    readings = [in_full(evidence, [own[place] for place in choice]) for choice in choices]
    nearly = (settle_in_full(evidence, [item]) for item in own)
    return readings or [settled.allocations for settled in nearly if settled is not None]
