"""What every adapter of the ERP port must do, done by the real Tryton: as it comes, and with a unique index."""

from collections.abc import Iterator

import pytest

from tests.contracts import test_erp, test_erp_reconciles
from tests.support.spoiling import Spoiling, fuzz_erp
from tests.support.tryton_harness import TrytonHarness
from tests.support.tryton_server import PLAIN, UNIQUE, TrytonServer

for suite in (test_erp, test_erp_reconciles):
    globals().update({name: test for name, test in vars(suite).items() if name.startswith("test_")})


@pytest.fixture(params=[PLAIN, UNIQUE])
def harness(request: pytest.FixtureRequest, tryton: TrytonServer) -> Iterator[TrytonHarness]:
    opened = TrytonHarness(tryton, request.param)
    yield opened
    opened.close()


@pytest.fixture
def rejecting(tryton: TrytonServer) -> Iterator[TrytonHarness]:
    opened = TrytonHarness(tryton, PLAIN)
    yield opened
    opened.close()


def test_damaged_answers_of_tryton_are_refused_by_name_and_post_nothing_twice(harness: TrytonHarness) -> None:
    spoiling = Spoiling(harness.send.inner)
    harness.send.inner = spoiling
    assert fuzz_erp("conversations with Tryton", harness.erp, spoiling, most=30) == 30
