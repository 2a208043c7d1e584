"""What an insider alters below the product is found by `audit verify`, which names it."""

import pytest

from tests.support.tampered_store import heads
from tests.support.tampering import ALTERATIONS, tampered_with
from tests.support.verifying import verified


def test_an_untouched_store_holds() -> None:
    world, _ = tampered_with()
    verification = verified(world, heads=heads())
    assert verification.findings == ()
    assert verification.objects == len(world.objects.items)


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_an_alteration_is_found_and_named(alter: str) -> None:
    world, altered = tampered_with(alter)
    found = {finding.where for finding in verified(world, heads=heads()).findings}
    assert [name for name in altered if not any(where.endswith(name) for where in found)] == []
