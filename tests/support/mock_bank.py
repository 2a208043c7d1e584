"""mock-bank in this process: no socket, a clock that we move, and files as a bank sends them.

It is a program of somebody else, from the published schemas: what it writes owes nothing to our parsers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mockbank import accounts, outbox
from mockbank import credits as arriving
from mockbank.server import Config
from mockbank.state import State

ACCOUNT, IBAN = "ACME", "NL41MOCK0000000001"
NUMBER = "0000000001"
CUSTOMER = {"name": "Customer Ltd", "iban": "NL91ABNA0417164300"}


class MockBank:
    """The bank, with an account of ours of 125,000.00 EUR, on Monday, 5 October 2026."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._taken = 0

    def account(self, **fields: Any) -> None:
        """Change our account: `behaviour` leaves an entry out of statements, `format` writes BAI2."""
        accounts.update(self._state.conn, ACCOUNT, fields)

    def pays(self, amount: int, **fields: Any) -> None:
        """Let a customer pay an amount in minor units."""
        body = {"account": ACCOUNT, "amount": amount, "debtor": CUSTOMER} | fields
        arriving.create(self._state.conn, self._state.clock, self._state.now(), body)

    def next_day(self) -> dict[str, bytes]:
        """End the day; return what the bank sends of our account, by its kind."""
        self._state.clock.advance(days=1)
        self._state.release()
        sent = [message for message in outbox.sent(self._state.conn) if message["id"] > self._taken]
        self._taken = max((message["id"] for message in sent), default=self._taken)
        ours = [message for message in sent if message["account"] == ACCOUNT]
        return {str(message["type"])[:8]: self._body(message["id"]) for message in ours}

    def _body(self, message: int) -> bytes:
        return str(outbox.message(self._state.conn, message)["body"]).encode()


@contextmanager
def mock_bank() -> Iterator[MockBank]:
    """Open the bank."""
    state = State(Config(clock="2026-10-05T09:00", quiet=True))
    try:
        yield MockBank(state)
    finally:
        state.close()
