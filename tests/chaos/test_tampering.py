"""Two alterations at once, drawn at random: each of them is found and named, whatever the other one hides.

`make chaos N=10` draws ten times as many pairs; SEED repeats them.
"""

import itertools
import random

import pytest

from tests.support.levels import LEVEL, SEED
from tests.support.tampering import ALTERATIONS, not_named, tampered_with

PAIRS = 60 * LEVEL


def pairs() -> list[tuple[str, str]]:
    every = list(itertools.permutations(sorted(ALTERATIONS), 2))
    return random.Random(SEED).sample(every, min(PAIRS, len(every)))


@pytest.mark.parametrize(("first", "second"), pairs(), ids=lambda name: f"{name}-seed-{SEED}")
def test_two_alterations_are_both_found(first: str, second: str) -> None:
    try:
        world, altered = tampered_with(first, second)
    except (AssertionError, IndexError, KeyError, ValueError):  # the first left nothing for the second to alter
        world, altered = tampered_with(first)
    assert altered
    assert not_named(world, altered) == []
