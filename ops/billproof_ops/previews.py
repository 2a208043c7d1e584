"""What the command asks of previews and simulations."""

import json

from pydantic import ValidationError

from billproof.masterdata.directory import read_master_data
from billproof.masterdata.model import AnyMasterData
from billproof.pipeline.previewing import Previewed, Simulation, preview, simulate
from billproof_ops.errors import OpsError, WrongUse
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


def simulate_file(target: Target, legal_entity: str, period: str, text: str, name: str) -> Simulation:
    """Price a month under the terms of a file; raises WrongUse where the file does not hold master data."""
    return simulate(
        legal_entity=legal_entity,
        period=period,
        changes=_changes(text, name),
        sources=target.ports.preview_sources,
        now=target.ports.now(),
    )


def _changes(text: str, name: str) -> list[AnyMasterData]:
    try:
        content = json.loads(text)
        documents = content if isinstance(content, list) else [content]
        return [read_master_data(json.dumps(document)) for document in documents]
    except (json.JSONDecodeError, ValidationError) as error:
        message = f"{name} does not contain versions of master data: {error}"
        raise WrongUse(message) from None
