"""Random nights: whatever arrives, however late, early, corrected or misdated, is in exactly one place."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billproof.conservation.service import balance_run
from billproof.proof.service import prove_run
from tests.support.nights import MONTHS, Night, play

KINDS = ("plain", "plain", "corrected", "retracted", "negative", "misdated", "typo", "no subject")
NIGHTS = st.lists(
    st.builds(
        Night,
        number=st.integers(1, 6),
        day=st.sampled_from(("2012-12-30", "2013-01-05", "2013-01-31", "2013-02-01", "2013-02-10", "2013-03-03")),
        written_in=st.sampled_from(MONTHS),
        kind=st.sampled_from(
            ("plain", "again", "corrected", "retracted", "negative", "misdated", "typo", "no subject")
        ),
    ),
    max_size=10,
)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(nights=NIGHTS)
def test_every_event_of_random_nights_is_in_one_statement_and_every_equation_balances(nights: list[Night]) -> None:
    world, statements, sent = play(nights)
    for statement in statements:
        assert balance_run(statement.run, stores=world.stores()).balances
        assert not [
            difference
            for difference in prove_run(statement.run, stores=world.stores()).differences
            if difference.kind.value != "nothing_was_checked"
        ]
    accepted = sum(statement.events.copies - statement.events.late for statement in statements)
    accepted += sum(statement.late_events.copies for statement in statements)
    refused = sum(place.events for statement in statements for place in statement.quarantine)
    assert accepted == sent.accepted
    assert refused == sent.refused
