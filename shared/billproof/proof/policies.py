"""What a proof checks of policies: each that took effect was published by one person and confirmed by another."""

from collections.abc import Iterator

from billproof.approvals.governing import PolicyHistory
from billproof.approvals.publishing import why_not_confirmed
from billproof.proof.model import Difference, DifferenceKind


def compare_policies(history: PolicyHistory) -> Iterator[Difference]:
    """Find versions that are in force and that two people of the policy before did not agree on."""
    for known in history.versions:
        why_not = why_not_confirmed(known, history)
        if why_not is not None:
            where = f"policy {known.policy.id} version {known.policy.version}"
            yield Difference.of(DifferenceKind.POLICY, where, "in force", why_not)
