"""Random nights: whatever arrives, however late, early, corrected or misdated, is in exactly one place."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.support.nights import NIGHTS, Night, assert_balanced


@pytest.mark.long
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(nights=NIGHTS)
def test_every_event_of_random_nights_is_in_one_statement_and_every_equation_balances(nights: list[Night]) -> None:
    assert_balanced(nights)
