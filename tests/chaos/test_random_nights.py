"""The conservation statement over random nights, each played through four months; N=10 plays ten times more of them.

tests/properties plays five; here they are drawn anew by SEED each time.
"""

from hypothesis import HealthCheck, given, seed, settings

from tests.support.levels import LEVEL, SEED
from tests.support.nights import NIGHTS, Night, assert_balanced


@seed(SEED)
@settings(max_examples=8 * LEVEL, deadline=None, suppress_health_check=list(HealthCheck))
@given(nights=NIGHTS)
def test_every_event_of_random_nights_is_in_one_statement(nights: list[Night]) -> None:
    assert_balanced(nights)
