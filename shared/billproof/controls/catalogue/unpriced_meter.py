"""Usage that the contract neither prices nor excludes."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find usage that the account's contract neither prices nor excludes."""
    for usage in facts.usages:
        if not facts.terms.contracts and usage in facts.pricing.own:
            continue
        for kind, number in usage.orphan_types.items():
            what = f"{number} events of {usage.account} of type {kind} in {usage.period} that no contract prices or "
            what += "excludes"
            yield Observation(f"usage/{kind}", what)


CONTROL = Control(
    code="unpriced_meter",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="add a charge or an exclusion to the contract, then run the period again",
    check=_check,
)
