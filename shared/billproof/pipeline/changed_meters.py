"""Meters that measure another thing now than when a month was billed."""

from collections.abc import Iterable, Iterator

from billproof.contracts.model import Contract
from billproof.findings import Finding, Owner, Severity
from billproof.masterdata.meters import Meter


def meters_changed(
    account: str, month: str, contracts: Iterable[Contract], then: Iterable[Meter], now: dict[str, Meter]
) -> Iterator[Finding]:
    """Find meters that measure another thing than when a month was billed: its difference would be of both."""
    measured = {meter.id: meter for meter in then}
    for name in sorted({meter for contract in contracts for charge in contract.charges for meter in charge.meters}):
        if name in measured and _measure(now.get(name)) != _measure(measured[name]):
            yield Finding(
                code="meter_changed",
                severity=Severity.BLOCKING,
                account=account,
                path=f"usage/{month}/{name}",
                message=f"late usage of {month}, which was billed by version {measured[name].version} of meter {name}",
                remedy="publish the meter's next version as it was, and the new measure under a name of its own",
                owner=Owner.BILLING,
            )


def _measure(meter: Meter | None) -> tuple[object, ...]:
    """Return what decides a meter's quantity."""
    return tuple(meter.model_dump(exclude={"version", "name", "unit", "required"}).items()) if meter else ()
