"""Replay a window of the usage bus's archive. Duplicates are found by their ids and not counted twice."""

from datetime import UTC, datetime

from billproof.adapters.aws.clients import client
from billproof.approvals.actions import OperatorAction
from billproof.errors import InvalidPeriod
from billproof.periods import instant_text, read_instant
from billproof_ops.actions import recorded
from billproof_ops.errors import WrongUse
from billproof_ops.model import Shown
from billproof_ops.target import Target

USAGE = "usage-events"
"""What replays are recorded under: the queue that takes what comes over the bus."""


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


def start_replay(target: Target, start: datetime, end: datetime, *, who: str | None = None) -> Replay:
    """Replay what arrived over the bus from `start` to before `end`, and record who does.

    Raises WrongUse for an empty window.
    """
    if end <= start:
        message = f"the window {start} to {end} is empty"
        raise WrongUse(message)
    events = client("events")
    archive = events.describe_archive(ArchiveName=target.outputs["UsageArchiveName"])
    name = f"usage-{start:%Y%m%dT%H%M}-{target.ports.now():%Y%m%dT%H%M%S%f}"
    window = f"events that arrived from {instant_text(start)} to {instant_text(end)}"
    with recorded(target, OperatorAction.REPLAY_USAGE, USAGE, who=who, before=window) as outcome:
        events.start_replay(
            ReplayName=name,
            EventSourceArn=archive["ArchiveArn"],
            EventStartTime=start,
            EventEndTime=end,
            Destination={"Arn": target.outputs["UsageBusArn"]},
        )
        outcome.after = f"{name} began"
    return replay_state(name)


def replay_state(name: str) -> Replay:
    """Return how far a replay is."""
    description = client("events").describe_replay(ReplayName=name)
    start, end = (description[key].astimezone(UTC).isoformat() for key in ("EventStartTime", "EventEndTime"))
    return Replay(name=name, state=description["State"], start=start, end=end)
