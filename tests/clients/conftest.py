"""Clients speak HTTP to a server on loopback."""

import pytest
from pytest_socket import enable_socket

from billproof.access.scopes import Client, Scope
from billproof_ops.local.people import local_identity
from tests.support.world import INC, World

SENDER = "sender"


@pytest.fixture(autouse=True)
def sockets() -> None:
    enable_socket()


@pytest.fixture
def world() -> World:
    """The US company lets `sender` send, as often as it likes."""
    world = World(accounts={"UA"})
    policy = world.directory.policy(INC)
    sender = Client(id=SENDER, identities=(local_identity(SENDER),), scopes=(Scope.USAGE_WRITE,))
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": (sender,)}))
    world.call_limits.burst = 1_000_000
    return world
