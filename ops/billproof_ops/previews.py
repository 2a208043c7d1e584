"""What the command asks of previews and simulations."""

from pathlib import Path

from billproof.adapters.sharing import shared_sources
from billproof.crews import Alone
from billproof.pipeline.previewing import Previewed, preview
from billproof.pipeline.simulating import PartSources, Simulation, simulate
from billproof_ops.errors import OpsError
from billproof_ops.master_files import read_files
from billproof_ops.processes import crew
from billproof_ops.progressing import HowFar
from billproof_ops.target import Target

ACCOUNTS_ALONE = 100
"""Up to so many accounts are simulated by this process: another one takes a second or two to begin."""


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
    """Price a month under the terms of files, by as many processes as there are CPUs; say on stderr how far it is.

    Raises WrongUse where they do not hold master data.
    """
    changes = [written.data for written in read_files(paths)]
    sources, how_far = shared_sources(target.ports.preview_sources()), HowFar()
    few = sum(1 for _, _ in zip(range(ACCOUNTS_ALONE + 1), target.ports.directory.members(legal_entity), strict=False))
    most = 1 if few <= ACCOUNTS_ALONE else len(target.ports.buckets().current)
    with how_far.shown(), crew(Alone(lambda: sources), _part_sources, most=most, how_far=how_far) as gathered:
        return simulate(
            legal_entity=legal_entity,
            period=period,
            changes=changes,
            sources=sources,
            now=target.ports.now(),
            crew=gathered,
        )


def _part_sources() -> PartSources:
    ports = Target.find().ports
    return lambda: shared_sources(ports.preview_sources())
