"""Histories: what functions do one after the other in a world, and the world before and after each of it.

The harness of faults kills each step at its calls; the tampering suite alters what is stored at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.support.faults import Fuse, forget, fused, restore, snapshot, state_of
from tests.support.verifying import verified
from tests.support.world import World


@dataclass(frozen=True)
class Step:
    """The work of functions of the template, and what it is called in the names of tests."""

    functions: tuple[str, ...]
    name: str
    work: Callable[[World], object]


def step(name: str, *functions: str) -> Callable[[Callable[[World], object]], Step]:
    """Make a step of what a function does to a world."""
    return lambda work: Step(functions, name, work)


@dataclass(frozen=True)
class History:
    """A world, and what is done in it."""

    name: str
    begin: Callable[[], World]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Moment:
    """The world before a step, and what lasts after it."""

    step: Step
    before: dict[str, Any]
    after: dict[str, Any]
    calls: int
    changes: bool
    findings: frozenset[str]
    """What verification of the audit chain finds after it: what the history itself spoilt."""


@dataclass(frozen=True)
class Played:
    """A history that nothing disturbed."""

    world: World
    fuse: Fuse
    moments: tuple[Moment, ...]
    end: dict[str, Any]


def found(world: World) -> frozenset[str]:
    """Say what verification finds."""
    return frozenset(f"{finding.kind} {finding.where}" for finding in verified(world).findings)


def play(history: History) -> Played:
    """Play a history with a fuse around its ports, and settle what each step stored."""
    world = history.begin()
    world.settle()
    fuse = fused(world)
    moments = []
    for step in history.steps:
        forget(world)
        before, lasting = snapshot(world), state_of(world)
        fuse.arm(None)
        step.work(world)
        calls = fuse.calls
        world.settle()
        after = state_of(world)
        moments.append(Moment(step, before, after, calls, lasting != after, found(world)))
    return Played(world, fuse, tuple(moments), snapshot(world))


@cache
def played(history: History) -> Played:
    """Play a history once for all tests of a process."""
    return play(history)


def ended(history: History) -> World:
    """Return the world at the end of a history."""
    known = played(history)
    known.fuse.arm(None)
    restore(known.world, known.end)
    return known.world
