"""Two alterations at once, drawn at random: each of them is found and named, whatever the other one hides.

`make chaos N=10` draws ten times as many pairs; SEED repeats them.
"""

import itertools
import os
import random

import pytest

from tests.chaos.conftest import LEVEL
from tests.support.tampering import ALTERATIONS, anchors, heads, tampered_with
from tests.support.verifying import verified

SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))
PAIRS = 60


def pairs() -> list[tuple[str, str]]:
    every = list(itertools.permutations(sorted(ALTERATIONS), 2))
    return random.Random(SEED).sample(every, min(PAIRS * LEVEL, len(every)))


@pytest.mark.parametrize(("first", "second"), pairs(), ids=lambda name: f"{name}-seed-{SEED}")
def test_two_alterations_are_both_found(first: str, second: str) -> None:
    try:
        world, altered = tampered_with(first, second)
    except (AssertionError, IndexError, KeyError, ValueError, StopIteration) as error:
        pytest.fail(f"{first} left nothing for {second} to alter: {error!r}")
    places = {finding.where for finding in verified(world, anchors=anchors(), heads=heads()).findings}
    assert [name for name in altered if not any(where.endswith(name) for where in places)] == []
