"""Clients speak HTTP to a server on loopback."""

import pytest
from pytest_socket import enable_socket

from billproof.access.scopes import Scope
from tests.support.one_client import let_one_client_in
from tests.support.world import World

SENDER = "sender"


@pytest.fixture(autouse=True)
def sockets() -> None:
    enable_socket()


@pytest.fixture
def world() -> World:
    """The US company lets `sender` send, as often as it likes."""
    return let_one_client_in(World(accounts={"UA"}), SENDER, Scope.USAGE_WRITE)
