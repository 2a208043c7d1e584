"""Usage of an account that has no contract."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find usage of an account that has no contract in force. Nobody would be billed for it."""
    if facts.terms.contracts:
        return
    for usage in facts.pricing.own:
        for kind, number in usage.orphan_types.items():
            what = f"{number} events of {usage.account} of type {kind} were accepted, and no contract is in force"
            yield Observation(f"usage/{kind}", what)


CONTROL = Control(
    code="orphan_usage",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy=(
        "to bill it, publish the contract and run the period again; to exclude it, approve with the reason and end "
        "the account's access"
    ),
    check=_check,
)
