"""Dying at any port call: before its effect, or after it and before anybody hears of it."""

from collections.abc import Callable, Iterator
from typing import Any

from billproof.usage.ingestion import ReferenceDataCache
from tests.support.world import World

RECORDS = ("get", "create", "create_all", "query")
OBJECTS = ("get", "put", "put_all", "create", "keys")


class Killed(BaseException):
    """The process is gone: no handler of ours may catch this."""


class Fuse:
    """Counts port calls and kills at one of them."""

    def __init__(self) -> None:
        self.calls = 0
        self.kill_at: int | None = None
        self.after_effect = False

    def arm(self, kill_at: int | None, *, after_effect: bool = False) -> None:
        self.calls, self.kill_at, self.after_effect = 0, kill_at, after_effect

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            mine = self.calls == self.kill_at
            if mine and not self.after_effect:
                raise Killed
            result = call(*args, **kwargs)
            if isinstance(result, Iterator):
                result = iter(list(result))
            if mine:
                raise Killed
            return result

        return guarded


def fused(world: World) -> Fuse:
    """Put one fuse around every port of a world."""
    fuse = Fuse()
    ports: list[tuple[Any, tuple[str, ...]]] = [
        *((records, RECORDS) for records in world.records.values()),
        (world.objects, OBJECTS),
        (world.objects.memory, ("put",)),
        (world.audit, ("create",)),
        (world.postings, ("send",)),
        (world.deliveries, ("send",)),
        (world.exceptions, ("start", "status")),
        (world.billing_runs, ("start", "status")),
        (world.tokens, ("answer",)),
        (world.mailer, ("send",)),
    ]
    for port, names in ports:
        for name in names:
            setattr(port, name, fuse.around(getattr(port, name)))
    return fuse


def snapshot(world: World) -> dict[str, Any]:
    """Copy everything that lasts; facts and objects are never changed in place."""
    return {
        "records": {name: dict(records.items) for name, records in world.records.items()},
        "objects": dict(world.objects.items),
        "audit": dict(world.audit.items),
        "anchors": dict(world.anchors.items),
        "bodies": (list(world.postings.bodies), list(world.deliveries.bodies)),
        "executions": (dict(world.exceptions.executions), dict(world.billing_runs.executions)),
        "statuses": (dict(world.exceptions.statuses), dict(world.billing_runs.statuses)),
        "answers": dict(world.tokens.answers),
        "mail": list(world.mailer.sent),
        "sent": world._sent,
    }


def restore(world: World, kept: dict[str, Any]) -> None:
    """Put a world back to a snapshot."""
    for name, records in world.records.items():
        records.items = dict(kept["records"][name])
    world.objects.items = dict(kept["objects"])
    world.audit.items = dict(kept["audit"])
    world.anchors.items = dict(kept["anchors"])
    world.postings.bodies, world.deliveries.bodies = (list(bodies) for bodies in kept["bodies"])
    world.exceptions.executions, world.billing_runs.executions = (dict(each) for each in kept["executions"])
    world.exceptions.statuses, world.billing_runs.statuses = (dict(each) for each in kept["statuses"])
    world.tokens.answers = dict(kept["answers"])
    world.mailer.sent = list(kept["mail"])
    world._sent = kept["sent"]
    world.reference_data = ReferenceDataCache(world.directory, world.now)  # another process remembers nothing
    world.objects.forget()
    world.chain.forget()


def _as_if_undisturbed(document: Any) -> Any:
    """A posting that was found in the ERP instead of made says so; it is the same posting."""
    return {**document, "outcome": "posted"} if document.get("outcome") == "adopted" else document


def state_of(world: World) -> dict[str, Any]:
    """Everything that lasts: facts and objects as they are, messages as a set, since they may come more than once."""
    return {
        **{
            name: {key: _as_if_undisturbed(document) for key, document in records.items.items()}
            for name, records in world.records.items()
        },
        "objects": dict(world.objects.items),
        "postings": set(world.postings.bodies),
        "deliveries": set(world.deliveries.bodies),
        "workflows": set(world.exceptions.executions),
    }
