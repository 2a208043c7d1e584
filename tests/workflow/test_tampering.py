"""What an insider alters below the product is found by `audit verify`, which names it."""

import pytest

from billproof.errors import NotFound
from billproof.pipeline.artefacts import RELEASED, STATEMENT
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from tests.support.tampered_store import RUN, heads
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


def test_a_proof_names_a_statement_that_is_gone_or_changed_and_proves_the_rest() -> None:
    world, (key,) = tampered_with("the_statement_of_a_run_removed")
    proof = prove_run(RUN, stores=world.stores())
    assert [(difference.kind, difference.where) for difference in proof.differences] == [
        (DifferenceKind.STATEMENT, key)
    ]
    assert proof.checked.documents > 0
    world.objects.items[key] = b"{"
    (difference,) = prove_run(RUN, stores=world.stores()).differences
    assert (difference.kind, difference.where) == (DifferenceKind.STATEMENT, STATEMENT.key(RUN))


def test_a_run_that_has_not_closed_has_no_proof() -> None:
    world, (statement,) = tampered_with("the_statement_of_a_run_removed")
    del world.objects.items[RELEASED.key(RUN, world.stores().artefacts.parts(RELEASED, RUN)[0])]
    with pytest.raises(NotFound, match=statement):
        prove_run(RUN, stores=world.stores())
