"""What a rule of matching is, and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billproof.payments.matching.evidence import Evidence, PayerStanding
from billproof.payments.matching.payers import SAID, PayerIdentity
from billproof.payments.model import Allocation, Match, MatchOutcome, OpenItem

PEOPLE = Decimal("0.5")
"""The confidence of what is only proposed, whatever a policy applies from."""
MOST_OTHERS = 5
ONLY_ALIKE = "Nothing else says who paid, or names the document by its whole number."


@dataclass(frozen=True, slots=True)
class MatchVerdict:
    """What a rule says of a receipt; `outcome` is PROPOSED where people decide, however sure the rule otherwise is."""

    outcome: MatchOutcome
    account: str | None = None
    allocations: tuple[Allocation, ...] = ()
    evidence: tuple[str, ...] = ()
    others: tuple[tuple[Allocation, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """A declared rule: it decides on the evidence, or leaves that to the rules after it."""

    name: str
    says: str
    confidence: Decimal
    decide: Callable[[Evidence], MatchVerdict | None]

    def match(self, evidence: Evidence) -> Match | None:
        """Return the match, where the rule decides: applied only from the policy's confidence on."""
        verdict = self.decide(evidence)
        if verdict is None:
            return None
        outcome, confidence = verdict.outcome, self.confidence
        if outcome is MatchOutcome.APPLIED and confidence < evidence.rules.apply_from:
            outcome = MatchOutcome.PROPOSED
        others = tuple(
            Match(outcome=MatchOutcome.PROPOSED, rule=self.name, confidence=confidence, allocations=allocations)
            for allocations in verdict.others[:MOST_OTHERS]
        )
        return Match(
            outcome=outcome,
            rule=self.name,
            confidence=confidence,
            account=verdict.account,
            allocations=verdict.allocations,
            evidence=verdict.evidence,
            others=others,
        )


def apply(
    evidence: Evidence,
    items: Sequence[OpenItem],
    allocations: Sequence[Allocation],
    *said: str,
    is_named: bool = False,
) -> MatchVerdict:
    """Say that a receipt pays documents; `is_named` where it names what names them.

    It is only proposed where nothing but a name that is like the account's says who paid.
    """
    if not is_named and _is_alike_alone(evidence, items):
        return propose(evidence, items, allocations, *said, ONLY_ALIKE)
    return _verdict(MatchOutcome.APPLIED, evidence, items, allocations, said)


def propose(
    evidence: Evidence,
    items: Sequence[OpenItem],
    allocations: Sequence[Allocation],
    *said: str,
    others: Sequence[tuple[Allocation, ...]] = (),
) -> MatchVerdict:
    """Say what a receipt may pay, for people to decide."""
    return _verdict(MatchOutcome.PROPOSED, evidence, items, allocations, said, others)


def account_of(evidence: Evidence, items: Sequence[OpenItem]) -> str | None:
    """Return whose money it is: that of the only owner of these documents, and otherwise the payer's."""
    sole = evidence.payer.sole
    owners = {item.account for item in items}
    if len(owners) == 1:
        return min(owners)
    if sole is not None and (not owners or evidence.standing(items) is PayerStanding.AGREES):
        return sole
    documents = {item.document for item in items}
    payers = [
        account
        for account in sorted(evidence.payer.accounts)
        if documents and documents <= {item.document for item in evidence.of_account(account)}
    ]
    return payers[0] if len(payers) == 1 else None


def _is_alike_alone(evidence: Evidence, items: Sequence[OpenItem]) -> bool:
    """Say whether only a name that is like an account's says whose some documents are.

    A whole number of one of them is a second piece of evidence. What is looked up among the payer's own, the end of a
    number or one that is a stroke away, is none: it does not say who paid.
    """
    whole = {name.item.document for name in evidence.all_named}
    return evidence.payer.identity is PayerIdentity.ALIKE and all(item.document not in whole for item in items)


def _verdict(
    outcome: MatchOutcome,
    evidence: Evidence,
    items: Sequence[OpenItem],
    allocations: Sequence[Allocation],
    said: Sequence[str],
    others: Sequence[tuple[Allocation, ...]] = (),
) -> MatchVerdict:
    account = account_of(evidence, items)
    if outcome is MatchOutcome.APPLIED and account is None:
        outcome = MatchOutcome.PROPOSED
    payer = SAID[evidence.payer.identity]
    if items and evidence.payer.identity is not PayerIdentity.UNKNOWN:
        standing = evidence.standing(items)
        if standing is PayerStanding.CONFLICTS:
            payer = "The payer is another account's, as far as it is known."
        elif {item.account for item in items} - evidence.payer.accounts:
            payer = f"{payer} It pays for its children."
    return MatchVerdict(outcome, account, tuple(allocations), (*said, payer), tuple(others))
