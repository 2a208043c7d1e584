"""Which version of a contract governs a billing period."""

from collections.abc import Iterable

from billproof.contracts.model import Contract
from billproof.errors import UnpriceableCharge
from billproof.periods import Period


def governing(contracts: Iterable[Contract], period: Period) -> list[Contract]:
    """Return, per contract, the one version that governs the period: the newest that has begun before its end.

    A contract that is over before the period begins is left out. Raises UnpriceableCharge where two versions would
    share the period, which this version of billproof does not prorate.
    """
    versions: dict[str, list[Contract]] = {}
    for contract in contracts:
        if contract.effective.start < period.end:
            versions.setdefault(contract.id, []).append(contract)
    chosen = []
    for contract_id, candidates in sorted(versions.items()):
        candidates.sort(key=lambda contract: contract.version)
        newest = candidates[-1]
        if len(candidates) > 1 and newest.effective.start > period.start:
            message = f"contract {contract_id} changes to version {newest.version} within {period.name}"
            raise UnpriceableCharge(message, contract=contract_id)
        if newest.effective.days_within(period):
            chosen.append(newest)
    return chosen
