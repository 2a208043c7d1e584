"""Parsing what was damaged, for a while: whatever is raised but a refusal fails."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from billproof.errors import BillproofError
from billproof_ops.errors import OpsError
from tests.support.levels import LEVEL, SEED

ROUNDS, SECONDS = 1_000 * LEVEL, 2 * LEVEL
"""For each parser; a slow machine does fewer rounds."""
REFUSALS = (BillproofError, OpsError, ValidationError, json.JSONDecodeError)
"""What is wrong is for the sender to correct."""


def fuzz[Given: (str, bytes)](
    name: str,
    sound: list[Any],
    damage: Callable[[Any, random.Random], Given],
    parse: Callable[[Given], object],
    *,
    most: int = ROUNDS,
) -> None:
    until, rounds = time.process_time() + SECONDS, 0
    for number in range(most):
        if time.process_time() > until:
            break
        chance = random.Random(f"{SEED} {name} {number}")
        given = damage(chance.choice(sound), chance)
        try:
            parse(given)
        except REFUSALS:
            pass
        except Exception as error:
            error.add_note(f"{name}, round {number}, seed {SEED}: {given[:3_000]!r}")
            raise
        rounds += 1
    assert rounds > 20
