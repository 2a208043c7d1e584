"""How hard to try: `make chaos N=...` turns these up."""

import pytest
from hypothesis import HealthCheck, settings

from tests.support.levels import LEVEL


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos-points", type=int, default=30 * LEVEL, help="Port calls to kill at, for each step.")


settings.register_profile(
    "chaos", max_examples=8 * LEVEL, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
