"""The bank of the lab's company: what arrives and leaves, and MT940 statements that add up."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

KNOWN = "statement_known"
"""What billproof answers to a statement that it was told of before."""
CENT = Decimal("0.01")
OPENING = Decimal("50000.00")


class Entry(NamedTuple):
    """One booking: above zero what arrived, below what left; whose, under which number, on which day."""

    reference: str
    name: str
    text: str
    amount: Decimal
    on: date


class Bank:
    """Books entries, and tells of all that it has not told of yet."""

    def __init__(self, account: str, currency: str) -> None:
        self.account, self.currency = account, currency
        self.balance = OPENING
        self.repeats = False
        self.told_last = Decimal(0)
        self.entries: list[Entry] = []
        self._statements, self._booked = 0, 0
        self._first = date(2013, 1, 1)

    def arrives(self, name: str, text: str, amount: Decimal, on: date, *, reference: str = "") -> None:
        """Book money that a customer sent."""
        self._book(name, text, amount, on, reference)

    def leaves(self, name: str, text: str, amount: Decimal, on: date) -> None:
        """Book money that somebody here sent away."""
        self._book(name, text, -amount, on, "")

    def _book(self, name: str, text: str, amount: Decimal, on: date, reference: str) -> None:
        self._booked += 1
        self.entries.append(Entry(reference or f"LAB{self._booked:06d}", name, text, amount, on))

    def scale(self, name: str, share: Decimal) -> None:
        """Let a customer's payments arrive as a share of what they were."""
        self._change({name}, lambda entry: [entry._replace(amount=(entry.amount * share).quantize(CENT))])

    def double(self, names: set[str]) -> None:
        """Let customers pay twice."""
        self._change(names, lambda entry: [entry, entry._replace(reference=f"{entry.reference}B")])

    def forget(self, names: set[str]) -> None:
        """Let customers pay nothing."""
        self._change(names, lambda _: [])

    def anonymise(self, names: set[str]) -> None:
        """Let payments say neither who paid nor what for."""
        self._change(names, lambda entry: [entry._replace(name="lab-unknown", text="")])

    def rename_text(self, name: str, text: str) -> None:
        """Let a customer's payment say something else."""
        self._change({name}, lambda entry: [entry._replace(text=text)])

    def postpone(self) -> None:
        """Let what is not told of yet be booked on the first day after the last statement."""
        self.entries = [entry._replace(on=max(entry.on, self._first)) for entry in self.entries]

    def _change(self, names: set[str], change: Callable[[Entry], list[Entry]]) -> None:
        self.entries = [
            after for entry in self.entries for after in (change(entry) if entry.name in names else [entry])
        ]

    def statement(self, on: date) -> bytes:
        """Return the next statement, of the days since the last one; its balances add up."""
        self._statements += 1
        self.told_last = sum((entry.amount for entry in self.entries), Decimal(0))
        opening, self.balance = self.balance, self.balance + self.told_last
        lines = [f":20:{on:%y%m%d}-{self._statements}", f":25:{self.account}", f":28C:{self._statements}"]
        lines.append(f":60F:{self._balance(opening, self._first)}")
        for entry in self.entries:
            sign = "C" if entry.amount > 0 else "D"
            lines.append(f":61:{entry.on:%y%m%d%m%d}{sign}{_text(abs(entry.amount))}NTRFNONREF//{entry.reference}")
            lines.append(f":86:/NAME/{entry.name}/REMI/{entry.text}")
        lines += [f":62F:{self._balance(self.balance, on)}", "-", ""]
        self.entries, self._first = [], on + timedelta(days=1)
        return "\r\n".join(lines).encode()

    def _balance(self, amount: Decimal, on: date) -> str:
        return f"{'C' if amount >= 0 else 'D'}{on:%y%m%d}{self.currency}{_text(abs(amount))}"


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")
