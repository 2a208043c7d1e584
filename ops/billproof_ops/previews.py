"""What the command asks of previews and simulations."""

from pathlib import Path

from billproof.pipeline.previewing import Previewed, Simulation, preview, simulate
from billproof_ops.errors import OpsError
from billproof_ops.master_files import read_files
from billproof_ops.target import Target


def preview_account(target: Target, account: str, period: str) -> Previewed:
    """Return what an account's invoice would say; raises OpsError where there is no such account."""
    profile = target.ports.directory.account(account)
    if profile is None:
        message = f"there is no account {account}"
        raise OpsError(message)
    (previewed,) = preview(
        legal_entity=profile.legal_entity,
        period=period,
        accounts=[account],
        sources=target.ports.preview_sources(),
        now=target.ports.now(),
    )
    return previewed


def simulate_files(target: Target, legal_entity: str, period: str, paths: list[Path]) -> Simulation:
    """Price a month under the terms of files; raises WrongUse where they do not hold master data."""
    return simulate(
        legal_entity=legal_entity,
        period=period,
        changes=[written.data for written in read_files(paths)],
        sources=target.ports.preview_sources,
        now=target.ports.now(),
    )
