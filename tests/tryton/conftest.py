"""Tryton is a process of its own, spoken to on loopback."""

from collections.abc import Iterator

import pytest
from pytest_socket import enable_socket

from tests.support.tryton_server import ENVIRONMENT, TrytonServer, served


@pytest.fixture(autouse=True)
def sockets() -> None:
    enable_socket()


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    enable_socket()
    with served(ENVIRONMENT / "seeded.sqlite", tmp_path_factory.mktemp("tryton")) as server:
        yield server
