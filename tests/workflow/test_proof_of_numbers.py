"""A proof finds what was altered of numbers, documents, books, usage and quarantine, without the audit chain."""

import pytest

from billproof.errors import NotFound
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_invoice, prove_run
from tests.support.tampered_store import CREDIT_NOTE, RUN, UA, WN
from tests.support.tampering import tampered_with
from tests.support.world import World

SEEN_BY_THE_PROOF = {
    "a_release_removed_with_its_posting_and_settlement": {DifferenceKind.SERIES, DifferenceKind.RELEASE},
    "numbers_swapped_with_their_ledger_entries": {DifferenceKind.SETTLEMENT},
    "the_series_removed": {DifferenceKind.SERIES},
    "the_last_numbers_removed": {DifferenceKind.SERIES},
    "a_credit_notes_posting_changed": {DifferenceKind.POSTING},
    "a_credit_note_removed_with_its_posting": {DifferenceKind.SERIES},
    "a_settlement_removed": {DifferenceKind.SETTLEMENT},
    "a_ledger_entry_removed": {DifferenceKind.POSTING},
    "an_invoice_replaced": {DifferenceKind.DOCUMENT},
    "a_contract_made_cheaper": {DifferenceKind.TERMS},
    "an_approval_by_the_requester": {DifferenceKind.APPROVAL},
    "a_decision_removed": {DifferenceKind.APPROVAL},
    "late_marks_removed": {DifferenceKind.SEGMENT},
    "quarantine_removed": {DifferenceKind.QUARANTINE},
    "one_object_of_the_quarantine_shortened": {DifferenceKind.QUARANTINE},
    "a_segment_removed": {DifferenceKind.SEGMENT, DifferenceKind.USAGE, DifferenceKind.DRAFT},
    "the_ids_of_several_accounts_removed": {DifferenceKind.STATEMENT},
}


def kinds_of(world: World) -> set[DifferenceKind]:
    runs = (prove_run(run, stores=world.stores()) for run in (RUN, RUN.replace("2013-01", "2013-02")))
    return {difference.kind for proof in runs for difference in proof.differences}


def test_an_untouched_store_is_proved_with_its_numbers() -> None:
    world, _ = tampered_with()
    proof = prove_run(RUN, stores=world.stores())
    assert (proof.differences, proof.checked.numbers) == ((), 6)


@pytest.mark.parametrize("alter", SEEN_BY_THE_PROOF)
def test_the_proof_of_the_runs_finds(alter: str) -> None:
    world, _ = tampered_with(alter)
    assert kinds_of(world) >= SEEN_BY_THE_PROOF[alter]


def test_the_proof_of_an_invoice_covers_its_credit_notes() -> None:
    world, _ = tampered_with("a_credit_notes_posting_changed")
    released = world.register.released(CREDIT_NOTE)
    assert released is not None
    (difference,) = prove_invoice(UA, stores=world.stores()).differences
    assert (difference.kind, difference.where) == (DifferenceKind.POSTING, released.number)


def test_the_proof_of_an_invoice_covers_its_number() -> None:
    world, _ = tampered_with("the_series_removed")
    (difference,) = prove_invoice(WN, stores=world.stores()).differences
    assert (difference.kind, difference.stated, difference.proved) == (DifferenceKind.SERIES, WN, "none")


def test_numbers_that_are_given_twice_or_left_out_are_found() -> None:
    world, _ = tampered_with()
    register = world.records["invoices"].items
    blocks = sorted(key for key in register if key.partition == "numbers#skymeter-inc#2013")
    document = dict(register[blocks[-1]])
    register[blocks[-1]] = {**document, "first": document["first"] + 1}
    assert DifferenceKind.SERIES in kinds_of(world)
    register[blocks[-1]] = {**document, "invoices": [*document["invoices"], document["invoices"][0]]}
    texts = {difference.stated for difference in prove_run(RUN, stores=world.stores()).differences}
    assert any(text.endswith("2 times") for text in texts), texts


def test_what_is_not_released_cannot_be_proved() -> None:
    world, _ = tampered_with("a_release_removed_with_its_posting_and_settlement")
    with pytest.raises(NotFound):
        prove_invoice(WN, stores=world.stores())
