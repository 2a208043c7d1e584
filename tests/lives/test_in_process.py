"""What `make lives` and `make chaos` put in one thread and one database still is where they look for it."""

from tests.lives import checks
from tests.lives.in_process import in_one_process
from tests.reference.builders import charge, flat, life, per_unit, usage_charge, used, version
from tests.reference.cases import Q1


def test_a_life_is_billed_as_is_right_in_one_process() -> None:
    document = life(version(charge(flat("10")), usage_charge(per_unit("2"))), [used("2013-02-10", "5")], months=Q1)
    with in_one_process():
        check = checks.by_document(document, checks.played(document))
    assert check.got == check.right
