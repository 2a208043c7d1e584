"""Mails no faster than the account may send: whoever mails takes a turn for each recipient, from one bucket of all."""

from collections.abc import Callable, Sequence
from time import sleep

from billproof.errors import ExternalServiceUnavailable
from billproof.ports import CallLimits, Mailer

MAILS = "_mails"
"""Who takes the turns: all that mail share them. No caller of the API has that name."""
MOST_WAITS = 5
"""How often a turn is waited for, a second or more each time, before the mail goes back to its queue."""


class PacedMailer:
    """A mailer whose mails wait for their turn: SES counts each recipient, and throttles whoever is faster."""

    def __init__(self, mailer: Mailer, turns: CallLimits, *, wait: Callable[[float], None] = sleep) -> None:
        self._mailer = mailer
        self._turns = turns
        self._wait = wait

    def send(self, *, to: str, message: bytes, copies: Sequence[str] = ()) -> None:
        """Send a mail once there is a turn for each recipient; raises ExternalServiceUnavailable where none comes."""
        for _ in (to, *copies):
            self._take_a_turn()
        self._mailer.send(to=to, message=message, copies=copies)

    def _take_a_turn(self) -> None:
        for _ in range(MOST_WAITS):
            allowance = self._turns.take(MAILS)
            if not allowance.is_used_up:
                return
            self._wait(allowance.retry_seconds)
        message = "too many mails wait for their turn: this one goes back to its queue"
        raise ExternalServiceUnavailable(message, service="ses")
