"""What is outside speaks HTTP to a server on loopback."""

import pytest
from pytest_socket import enable_socket


@pytest.fixture(autouse=True)
def sockets() -> None:
    enable_socket()
