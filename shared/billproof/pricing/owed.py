"""What a contract owes at home in a month, under the terms and usage that are known now: every line, and what is left.

The one rule of billing starts here: what is owed, less what is billed of it (differences.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from billproof.contracts.timeline import Timeline
from billproof.money import Money
from billproof.pricing.draws import draw_lines
from billproof.pricing.lines import Basis
from billproof.pricing.model import LineKind, PricedLine
from billproof.pricing.reductions import reduced


@dataclass(frozen=True, slots=True)
class Owed:
    """The lines of a contract that are at home in a month, before credits; and what is left of those that owe money.

    `to_come` are fees that invoices of later months bill, with what is left of them by days (`left_on`): terms of
    commitments count what was served on their days.
    """

    timeline: Timeline
    lines: tuple[PricedLine, ...]
    lefts: tuple[tuple[PricedLine, Money], ...]
    to_come: tuple[PricedLine, ...] = ()


def owed(timeline: Timeline, basis: Basis) -> Owed:
    """Return what a contract owes at home in a month, before credits.

    Raises UnpriceableCharge where the terms cannot be priced as stated.
    """
    fees, lines, to_come = reduced(timeline, basis)
    in_order = sorted(fees, key=lambda fee: fee.place[1:])
    lefts = [(fee.line, fee.left) for fee in in_order]
    lefts += [(line, line.net) for line in lines if line.kind is LineKind.COMMITMENT]
    return Owed(timeline, tuple(lines), tuple(lefts), tuple(to_come))


def contract_lines(
    timeline: Timeline, basis: Basis, drawn: Mapping[tuple[str, str], Decimal] | None = None
) -> list[PricedLine]:
    """Return every line of a contract at home in a month, alone, as if nothing were billed of it.

    `drawn` says what earlier invoices drew of each credit, by contract and credit; without it no credit is drawn.
    Raises UnpriceableCharge where the terms cannot be priced as stated.
    """
    due = owed(timeline, basis)
    if drawn is None:
        return list(due.lines)
    return [*due.lines, *draw_lines(timeline, due.lefts, basis.period, dict(drawn), basis.rounding, basis.line_ids)]
