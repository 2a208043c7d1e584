"""A contract that differs between the CRM and billing."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find contracts whose version or terms in the CRM differ from those in billing."""
    for state in facts.terms.crm:
        known = state.known
        if known is None:
            yield Observation(state.contract, f"the CRM has version {state.version}, billing has no such version")
        elif known != state.terms_digest:
            yield Observation(state.contract, f"version {state.version} has other terms in the CRM than in billing")


CONTROL = Control(
    code="contract_drift",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="have the CRM publish the version that is right, then run the period again",
    check=_check,
)
