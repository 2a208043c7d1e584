"""localstripe is a process of its own, spoken to on loopback."""

from collections.abc import Iterator

import pytest
from pytest_socket import enable_socket

from tests.support.localstripe_server import LocalClient, served


@pytest.fixture(autouse=True)
def sockets() -> None:
    enable_socket()


@pytest.fixture(scope="session")
def local() -> Iterator[LocalClient]:
    enable_socket()
    with served() as base:
        yield LocalClient(base)
