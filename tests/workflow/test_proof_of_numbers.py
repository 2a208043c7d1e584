"""A proof finds what was altered of numbers, documents, books, usage and quarantine, without the audit chain."""

import pytest

from billproof.errors import NotFound
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_invoice, prove_run
from tests.support.tampered_store import CREDIT_NOTE, RUN, UA, WN
from tests.support.tampering import ALTERATIONS, tampered_with
from tests.support.world import World

pytestmark = pytest.mark.long

SEEN_BY_THE_PROOF = {
    "a_release_removed_with_its_posting_and_settlement": {DifferenceKind.SERIES, DifferenceKind.RELEASE},
    "numbers_swapped_with_their_ledger_entries": {DifferenceKind.SETTLEMENT},
    "the_series_removed": {DifferenceKind.SERIES},
    "the_last_numbers_removed": {DifferenceKind.SERIES},
    "a_legal_entity_erased_and_its_numbers_removed": {DifferenceKind.SERIES},
    "a_credit_notes_posting_changed": {DifferenceKind.POSTING},
    "a_credit_note_removed_with_its_posting": {DifferenceKind.SERIES},
    "a_request_for_a_credit_note_removed": {DifferenceKind.REQUEST},
    "a_settlement_removed": {DifferenceKind.SETTLEMENT},
    "an_account_erased_and_its_facts_changed": {DifferenceKind.SETTLEMENT},
    "a_ledger_entry_removed": {DifferenceKind.POSTING},
    "a_confirmation_of_a_posting_removed": {DifferenceKind.NOT_POSTED},
    "an_invoice_replaced": {DifferenceKind.DOCUMENT},
    "a_contract_made_cheaper": {DifferenceKind.TERMS},
    "an_account_renamed": {DifferenceKind.TERMS},
    "an_account_no_longer_listed": {DifferenceKind.TERMS},
    "an_approval_by_the_requester": {DifferenceKind.APPROVAL},
    "an_approval_that_nobody_gave": {DifferenceKind.DECISION},
    "a_decision_removed": {DifferenceKind.APPROVAL},
    "what_counts_towards_a_limit_removed": {DifferenceKind.APPROVAL},
    "a_fact_removed_and_the_chain_written_anew_without_it": {DifferenceKind.APPROVAL},
    "facts_removed_whose_record_is_called_void": {DifferenceKind.APPROVAL},
    "a_request_removed": {DifferenceKind.REQUEST},
    "a_hold_removed": {DifferenceKind.HELD},
    "an_exception_removed": {DifferenceKind.HELD},
    "a_policy_made_generous": {DifferenceKind.TERMS, DifferenceKind.APPROVAL, DifferenceKind.POLICY},
    "a_policy_confirmed_by_another": {DifferenceKind.POLICY},
    "a_run_asked_for_by_another": {DifferenceKind.RUN},
    "a_run_opened_again": {DifferenceKind.RUN},
    "the_plan_of_a_run_changed": {DifferenceKind.RUN},
    "a_month_signed_off_by_nobody": {DifferenceKind.SIGN_OFF},
    "late_marks_removed": {DifferenceKind.SEGMENT},
    "quarantine_removed": {DifferenceKind.QUARANTINE},
    "one_object_of_the_quarantine_shortened": {DifferenceKind.QUARANTINE},
    "control_totals_removed": {DifferenceKind.CHECK},
    "the_check_of_a_run_that_was_held_changed": {DifferenceKind.CHECK},
    "a_segment_removed": {DifferenceKind.SEGMENT, DifferenceKind.USAGE, DifferenceKind.DRAFT},
    "a_segment_added": {DifferenceKind.SEGMENT},
    "a_segment_shortened_and_all_after_it_computed_again_by_our_steps": {DifferenceKind.SEGMENT, DifferenceKind.DRAFT},
    "a_segment_shortened_and_usage_computed_again_under_the_chain": {DifferenceKind.SEGMENT, DifferenceKind.DRAFT},
    "the_statement_of_a_run_removed": {DifferenceKind.STATEMENT},
    "the_ids_of_several_accounts_removed": {DifferenceKind.STATEMENT},
    "what_the_check_of_a_run_warned_of_removed": {DifferenceKind.STATEMENT},
    "a_fact_added_in_every_partition": {DifferenceKind.SERIES},
    "a_chain_of_nobody_that_records_a_forged_number_block": {DifferenceKind.SERIES},
}
"""What of each alteration the proof of the runs names, without the audit chain."""
OF_THE_CHAIN = "it alters the audit chain or its anchors, and no fact: a proof reads neither"
NOT_OF_THE_RUNS = "it adds what no run has read and no document names"
SEEN_BY_VERIFICATION_ALONE = {
    "a_partition_of_every_kind_added_to_every_table": NOT_OF_THE_RUNS,
    "a_fact_that_no_writer_of_ours_can_write_added": NOT_OF_THE_RUNS,
    "an_object_added_in_every_folder": NOT_OF_THE_RUNS,
    "a_chain_of_nobody_that_records_a_forged_account": NOT_OF_THE_RUNS,
    "a_ninth_chain_of_a_legal_entity": OF_THE_CHAIN,
    "a_chain_that_no_list_names": OF_THE_CHAIN,
    "a_chain_no_longer_listed": OF_THE_CHAIN,
    "something_else_in_the_audit_table": OF_THE_CHAIN,
    "a_key_of_nothing_that_is_no_key": OF_THE_CHAIN,
    "an_anchor_copied_beside_the_one_that_was_changed": OF_THE_CHAIN,
    "an_anchor_of_a_day_to_come_added": OF_THE_CHAIN,
    "files_added_to_the_archive": "a proof reads the documents of the data bucket, not their copies in the archive",
    "a_record_changed": OF_THE_CHAIN,
    "a_record_changed_and_hashed_again": OF_THE_CHAIN,
    "a_record_added_that_follows_a_fact_of_something_else": OF_THE_CHAIN,
    "a_record_removed": OF_THE_CHAIN,
    "the_first_record_removed": OF_THE_CHAIN,
    "two_records_exchanged": OF_THE_CHAIN,
    "a_record_put_between_others": OF_THE_CHAIN,
    "a_record_inserted_and_all_after_it_written_anew": OF_THE_CHAIN,
    "the_order_changed_and_the_chain_written_anew": OF_THE_CHAIN,
    "the_end_cut_off": OF_THE_CHAIN,
    "a_whole_chain_removed": OF_THE_CHAIN,
    "a_profile_of_what_accounts_sent_removed": "no money is made of it: the check of the next month reads and names it",
    "the_key_of_an_account_removed": OF_THE_CHAIN,
    "all_anchors_removed": OF_THE_CHAIN,
    "the_anchors_from_a_day_on_removed": OF_THE_CHAIN,
    "an_anchor_emptied": OF_THE_CHAIN,
    "an_anchor_of_a_day_without_records_rewritten": OF_THE_CHAIN,
    "the_anchors_removed_with_the_records_of_them": OF_THE_CHAIN,
    "a_record_of_something_that_never_was": OF_THE_CHAIN,
    "a_folder_of_objects_erased_like_an_account_and_its_objects_removed": (
        "late-written/ says when a call left its marks, so that a repeated call leaves the same: no amount is of it"
    ),
    "a_report_of_reconciliation_changed": "it is written anew by every reconciliation, and no amount is computed of it",
}
"""Why a proof owes nothing of these alterations: `audit verify` names each (test_tampering.py)."""


def kinds_of(world: World) -> set[DifferenceKind]:
    runs = (prove_run(run, stores=world.stores()) for run in (RUN, RUN.replace("2013-01", "2013-02")))
    return {difference.kind for proof in runs for difference in proof.differences}


def test_an_untouched_store_is_proved_with_its_numbers() -> None:
    world, _ = tampered_with()
    proof = prove_run(RUN, stores=world.stores())
    assert (proof.differences, proof.checked.numbers) == ((), 6)


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_the_proof_of_the_runs_finds_every_alteration_but_those_that_it_owes_nothing_of(alter: str) -> None:
    """Exactly one of both lists names each: a new alteration that no proof finds has to say why."""
    world, _ = tampered_with(alter)
    assert (alter in SEEN_BY_THE_PROOF) != (alter in SEEN_BY_VERIFICATION_ALONE)
    found, owed = kinds_of(world), SEEN_BY_THE_PROOF.get(alter, set())
    assert found >= owed
    assert bool(found) == bool(owed)


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
