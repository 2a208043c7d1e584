"""Random lives of contracts, billed and by the reference model, as `make lives` plays thousands of them.

They are the same ones each time unless a SEED is given: what is found by other lives is looked for by `make lives`.
"""

import os

import pytest

from tests.lives import soak
from tests.lives.in_process import in_one_process
from tests.reference.bridge_tables import table_of
from tests.support.levels import LEVEL

SEED = int(os.environ.get("SEED", "422"))
LIVES = 200 * LEVEL


@pytest.mark.parametrize("number", range(LIVES))
def test_a_random_life_is_billed_and_earned_as_is_right(number: int) -> None:
    kind, life = soak.drawn(SEED, number)
    with in_one_process():
        failed = soak.differences(kind, life, is_of_share=number % soak.SHARE == 0)
    tables = [f"{check.name}\n{table_of(life, check.right, check.got)}" for check in failed]
    assert not failed, "\n\n".join((f"SEED={SEED}, life {number}", *tables))
