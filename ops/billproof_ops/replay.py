"""Replay a window of the usage bus's archive. Duplicates are found by their ids and not counted twice."""

from datetime import UTC, datetime

from billproof.adapters.aws.clients import client
from billproof.errors import InvalidPeriod
from billproof.periods import read_instant
from billproof_ops.errors import WrongUse
from billproof_ops.model import Shown
from billproof_ops.target import Target


class Replay(Shown):
    """A replay and how far it is."""

    name: str
    state: str
    start: str
    end: str


def moment(text: str) -> datetime:
    """Read a time with a zone; raises WrongUse for anything else."""
    try:
        return read_instant(text)
    except InvalidPeriod:
        message = f"{text!r} is not a time with a time zone, such as 2013-01-05T17:00:00Z"
        raise WrongUse(message) from None


def start_replay(target: Target, start: datetime, end: datetime) -> Replay:
    """Replay what arrived over the bus from `start` to before `end`; raises WrongUse for an empty window."""
    if end <= start:
        message = f"the window {start} to {end} is empty"
        raise WrongUse(message)
    events = client("events")
    archive = events.describe_archive(ArchiveName=target.outputs["UsageArchiveName"])
    name = f"usage-{start:%Y%m%dT%H%M}-{target.ports.now():%Y%m%dT%H%M%S%f}"
    events.start_replay(
        ReplayName=name,
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=start,
        EventEndTime=end,
        Destination={"Arn": target.outputs["UsageBusArn"]},
    )
    return replay_state(name)


def replay_state(name: str) -> Replay:
    """Return how far a replay is."""
    description = client("events").describe_replay(ReplayName=name)
    start, end = (description[key].astimezone(UTC).isoformat() for key in ("EventStartTime", "EventEndTime"))
    return Replay(name=name, state=description["State"], start=start, end=end)
