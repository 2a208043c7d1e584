"""Counting transactions as the usage log counts them, for amounts that are at hand.

The log counts them in its database; tests hold both to the same tallies.
"""

from collections.abc import Iterable
from decimal import Decimal

from billproof.money import exactly
from billproof.readings import Transactions, TransactionTally

ZERO = Decimal(0)


@exactly
def tally(amounts: Iterable[Decimal], terms: Transactions) -> TransactionTally:
    """Sort the amounts of transactions, in the order of their times, into free, low, rated and high ones."""
    sums = dict.fromkeys(TransactionTally.model_fields, ZERO)
    before = ZERO
    is_free = terms.free_transactions is not None or terms.free_amount is not None
    for place, amount in enumerate(amounts, start=1):
        counted = is_free and (terms.free_transactions is None or place <= terms.free_transactions)
        room = amount if terms.free_amount is None else terms.free_amount - before
        free = max(ZERO, min(amount, room)) if counted else ZERO
        rest = amount - free
        sums["free_amount"] += free
        if counted and (terms.free_amount is None or before + amount <= terms.free_amount):
            sums["covered_events"] += 1
        elif terms.low is not None and rest < terms.low:
            sums["low_events"] += 1
            sums["low_amount"] += rest
        elif terms.high is not None and rest >= terms.high:
            sums["high_events"] += 1
            sums["high_amount"] += rest
        else:
            sums["events"] += 1
            sums["amount"] += rest
        before += amount
    counts = {name: int(value) if name.endswith("events") else value for name, value in sums.items()}
    return TransactionTally.model_validate(counts)
