"""Two alterations at once, drawn at random: each of them is found and named, whatever the other one hides.

`make chaos N=10` draws ten times as many pairs; SEED repeats them. Where the first leaves nothing for the second, it is
said here: a broken alteration fails.
"""

import itertools
import random

import pytest

from tests.support.levels import LEVEL, SEED
from tests.support.tampering import ALTERATIONS, not_named, tampered_with

PAIRS = 60 * LEVEL


NOTHING_LEFT: dict[str, set[str]] = {
    "all_anchors_removed": {
        "an_anchor_copied_beside_the_one_that_was_changed",
        "an_anchor_of_a_day_to_come_added",
        "the_anchors_from_a_day_on_removed",
        "an_anchor_emptied",
        "an_anchor_of_a_day_without_records_rewritten",
        "the_anchors_removed_with_the_records_of_them",
    },
    "the_anchors_from_a_day_on_removed": {
        "an_anchor_copied_beside_the_one_that_was_changed",
        "an_anchor_of_a_day_to_come_added",
        "an_anchor_of_a_day_without_records_rewritten",
    },
    "the_anchors_removed_with_the_records_of_them": {
        "an_anchor_copied_beside_the_one_that_was_changed",
        "an_anchor_of_a_day_to_come_added",
        "all_anchors_removed",
        "the_anchors_from_a_day_on_removed",
        "an_anchor_emptied",
        "an_anchor_of_a_day_without_records_rewritten",
    },
    "facts_removed_whose_record_is_called_void": {
        "a_fact_removed_and_the_chain_written_anew_without_it",
    },
    "a_legal_entity_erased_and_its_numbers_removed": {
        "the_series_removed",
        "the_last_numbers_removed",
    },
    "a_decision_removed": {
        "an_approval_by_the_requester",
        "an_approval_that_nobody_gave",
    },
    "an_exception_removed": {
        "an_approval_that_nobody_gave",
    },
    "a_release_removed_with_its_posting_and_settlement": {
        "files_added_to_the_archive",
        "numbers_swapped_with_their_ledger_entries",
        "a_confirmation_of_a_posting_removed",
        "a_ledger_entry_removed",
        "an_invoice_replaced",
    },
    "the_series_removed": {
        "the_last_numbers_removed",
    },
    "a_credit_note_removed_with_its_posting": {
        "a_credit_notes_posting_changed",
    },
    "a_ledger_entry_removed": {
        "a_release_removed_with_its_posting_and_settlement",
        "numbers_swapped_with_their_ledger_entries",
    },
    "quarantine_removed": {
        "one_object_of_the_quarantine_shortened",
    },
    "a_segment_shortened_and_all_after_it_computed_again_by_our_steps": {
        "a_segment_added",
        "a_segment_shortened_and_usage_computed_again_under_the_chain",
    },
    "a_segment_shortened_and_usage_computed_again_under_the_chain": {
        "a_segment_added",
    },
}
"""What an alteration leaves nothing of for another one to alter; any other pair that cannot be made is a fault."""


def pairs() -> list[tuple[str, str]]:
    every = list(itertools.permutations(sorted(ALTERATIONS), 2))
    return random.Random(SEED).sample(every, min(PAIRS, len(every)))


@pytest.mark.parametrize(("first", "second"), pairs(), ids=lambda name: f"{name}-seed-{SEED}")
def test_two_alterations_are_both_found(first: str, second: str) -> None:
    if second in NOTHING_LEFT.get(first, ()):
        with pytest.raises((AssertionError, IndexError, KeyError, ValueError)):
            tampered_with(first, second)
        world, altered = tampered_with(first)
    else:
        world, altered = tampered_with(first, second)
    assert altered
    assert not_named(world, altered) == []
