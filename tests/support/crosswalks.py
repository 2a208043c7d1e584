"""Crosswalks for tests: what some ids mean, published as the queue publishes it."""

from datetime import datetime
from typing import Any

from billproof.contracts.history import Receipt
from billproof.masterdata.crosswalks import ACCOUNTS, Crosswalk
from billproof.masterdata.service import Synced, keep_version
from billproof.periods import instant_text
from tests.support.world import World

type Days = tuple[str, str, str | None]
"""An account, the first day, and the first day on which an id no longer means it."""
LEGACY = "legacy/operations"


def crosswalk(*entries: Days, ids: tuple[str, ...], system: str = LEGACY, **fields: Any) -> Crosswalk:
    """A crosswalk of ids; days begin at midnight in UTC, unless told otherwise."""
    written = [
        {"account": account, "effective": {"start": start, "end": end}, "reason": "agreed at the closing"}
        for account, start, end in entries
    ]
    return Crosswalk.model_validate(
        {
            "id": "acquired",
            "version": 1,
            "system": system,
            "external_ids": ids,
            "time_zone": "Etc/UTC",
            "entries": written,
            **fields,
        }
    )


def publish(world: World, data: Crosswalk, *, at: datetime | None = None) -> Synced:
    """Publish a crosswalk now, or at some other moment."""
    receipt = Receipt(received_at=instant_text(at or world.now()), sender="arn:aws:iam::000000000000:user/carla")
    return keep_version(data, directory=world.directory, receipt=receipt)


def merger(account: str, into: str, *, day: str, end: str | None = None, **fields: Any) -> Crosswalk:
    """An account that goes into another one from a day on."""
    return crosswalk((into, day, end), ids=(account,), system=ACCOUNTS, **fields)
