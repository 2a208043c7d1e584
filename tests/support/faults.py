"""Dying at any port call: before its effect, or after it and before anybody hears of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from billproof.decision_keys import ActionKey
from billproof.events.publishing import TURN
from billproof.ports import Key
from billproof.usage.reference_data import ReferenceDataCache
from tests.support import fakes
from tests.support.events import MemoryPositions, MemorySink
from tests.support.stripe_account import FakeAccount
from tests.support.stripe_client import AccountClient
from tests.support.webhooks import MemoryDelayedQueue, MemoryDeliveryLog, ScriptedSender
from tests.support.world import World

RECORDS = ("get", "create", "create_all", "query")
OBJECTS = ("get", "put", "put_all", "create", "keys")
CALLS: dict[type, tuple[str, ...]] = {
    fakes.MemoryQueue: ("send",),
    fakes.MemoryWorkflows: ("start", "status"),
    fakes.MemoryTokens: ("answer",),
    fakes.MemoryArchive: ("keep",),
    fakes.MemoryMailer: ("send",),
    fakes.MemoryAnswers: ("once",),
    MemorySink: ("publish",),
    MemoryPositions: ("get", "advance", "keep_first", "first"),
    MemoryDelayedQueue: ("send", "send_later"),
    MemoryDeliveryLog: ("add", "health", "set_health"),
    ScriptedSender: ("post",),
    AccountClient: ("request",),
    FakeAccount: (),
}
"""What is outside beside facts and objects: whatever a world has of these is killed at, copied and compared, too."""
PLAIN = (list, dict, set, int, str)


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
            try:
                result = call(*args, **kwargs)
                return iter(list(result)) if isinstance(result, Iterator) else result
            finally:
                if mine:
                    raise Killed

        return guarded


def fused(world: World) -> Fuse:
    """Put one fuse around every port of a world."""
    fuse = Fuse()
    ports: list[tuple[Any, tuple[str, ...]]] = [
        *((records, RECORDS) for records in world.records.values()),
        (world.objects, OBJECTS),
        (world.objects.memory, ("put",)),
        (world.anchors, OBJECTS),
        (world.audit, ("create",)),
        *((port, CALLS[type(port)]) for port in _beside(world).values()),
    ]
    for port, names in ports:
        for name in names:
            setattr(port, name, fuse.around(getattr(port, name)))
    return fuse


def _beside(world: World) -> dict[str, Any]:
    return {name: port for name, port in vars(world).items() if type(port) in CALLS}


def _contents(port: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(port).items() if isinstance(value, PLAIN)}


def snapshot(world: World) -> dict[str, Any]:
    """Copy everything that lasts; facts and objects are never changed in place."""
    return {
        "records": {name: dict(records.items) for name, records in world.records.items()},
        "objects": dict(world.objects.items),
        "audit": dict(world.audit.items),
        "anchors": dict(world.anchors.items),
        "beside": {name: _copied(_contents(port)) for name, port in _beside(world).items()},
        "clock": (world._sent, world.moment),
    }


def _copied(value: Any) -> Any:
    """Copy what is changed in place; messages, facts and models are not."""
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return set(value) if isinstance(value, set) else value


def restore(world: World, kept: dict[str, Any]) -> None:
    """Put a world back to a snapshot."""
    for name, records in world.records.items():
        records.items = dict(kept["records"][name])
    world.objects.items = dict(kept["objects"])
    world.audit.items = dict(kept["audit"])
    world.anchors.items = dict(kept["anchors"])
    for name, contents in kept["beside"].items():
        vars(getattr(world, name)).update(_copied(contents))
    world._sent, world.moment = kept["clock"]
    forget(world)


def forget(world: World) -> None:
    """Remember nothing, as another process would."""
    world.reference_data = ReferenceDataCache(world.directory, world.now)
    world.objects.forget()
    world.anchors.forget()
    world.chain.forget()


def _as_if_undisturbed(document: Any) -> Any:
    """A posting that was found in the ERP instead of made says so; it is the same posting."""
    return {**document, "outcome": "posted"} if document.get("outcome") == "adopted" else document


def _lasting_fact(key: Key, document: Any) -> tuple[Key, Any]:
    """What lasts of a fact; of an action that it was asked for and done: who asks again asks at another instant."""
    if key.partition.startswith("operator-actions#"):
        action = ActionKey.parse(key.sort)
        return Key(key.partition, str(replace(action, at=""))), ""
    return key, _as_if_undisturbed(document)


def _is_token(key: Key) -> bool:
    """Say whether a fact is the token of a wait: every wait that was begun leaves one, the second is a reminder."""
    return "#token#" in key.sort and not key.sort.endswith("#token#0000")


def state_of(world: World) -> dict[str, Any]:
    """Everything that lasts: facts and objects as they are, messages as a set, since they may come more than once."""
    return {
        **{
            name: dict(_lasting_fact(key, document) for key, document in records.items.items() if not _is_token(key))
            for name, records in world.records.items()
        },
        "objects": dict(world.objects.items),
        "anchors": dict(world.anchors.items),
        **{f"outside {name}": _lasting(port) for name, port in _beside(world).items()},
    }


def _lasting(port: Any) -> Any:
    """What lasts of what is outside: each message, mail and call once, whoever hears of them twice."""
    if isinstance(port, fakes.MemoryMailer):
        return {to: "" for to, _ in port.sent}
    if isinstance(port, fakes.MemoryAnswers):  # who is answered again may hear that it was done before
        return dict.fromkeys(port.kept, "")
    if isinstance(port, AccountClient):  # how often the account was asked
        return {}
    if isinstance(port, MemoryPositions):  # how many turns there were is no position
        return {**port.firsts, **{name: number for name, number in port.numbers.items() if name != TURN}}
    return {name: _each_once(value) for name, value in _contents(port).items()}


def _each_once(value: Any) -> Any:
    if isinstance(value, list):
        return set(map(repr, value))
    return {name: _each_once(item) for name, item in value.items()} if isinstance(value, dict) else value


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[tuple[str, Any, Any, Any]]:
    """Name what is not as it should be: where, what it is, and what it should be."""
    parts = {part: (found[part], wanted[part]) for part in wanted if found[part] != wanted[part]}
    return [
        (part, place, mine.get(place), theirs.get(place))
        for part, (mine, theirs) in parts.items()
        for place in sorted({*mine, *theirs}, key=str)
        if mine.get(place) != theirs.get(place)
    ]
