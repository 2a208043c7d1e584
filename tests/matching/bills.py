"""A year of invoices: the same plan for many customers on purpose, usage, terms with a discount."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from tests.matching.customers import Customer

PREFIX = "SKY-EU"
FIRST_DAY = date(2025, 1, 1)
_PLANS = (5831, 11781, 23681, 59381, 118881)


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice in minor units of its currency."""

    document: str
    number: str
    account: str
    issued: date
    due: date
    gross: int
    currency: str = "EUR"
    discount: int = 0
    discount_until: date | None = None


@dataclass(frozen=True, slots=True)
class Habits:
    """How customers are billed: what part pays a plan, gets a second invoice a month, a discount, another currency."""

    plans: float = 0.35
    second: float = 0.12
    discounts: float = 0.15
    foreign: float = 0.03


def bills(rng: random.Random, owners: list[Customer], habits: Habits) -> list[Bill]:
    """Draw the invoices of twelve months, numbered in the order of their days."""
    drafts = [draft for owner in owners for draft in _of_customer(rng, owner, habits)]
    drafts.sort(key=lambda draft: (draft.issued, draft.account, draft.gross))
    return [_numbered(draft, ordinal) for ordinal, draft in enumerate(drafts, 1)]


def _numbered(draft: Bill, ordinal: int) -> Bill:
    number = f"{PREFIX}-{draft.issued.year}-{ordinal:06d}"
    return Bill(
        f"doc.{ordinal}", number, draft.account, draft.issued, draft.due, draft.gross, draft.currency,
        draft.discount, draft.discount_until,
    )  # fmt: skip


def _of_customer(rng: random.Random, owner: Customer, habits: Habits) -> list[Bill]:
    plan = rng.choice(_PLANS) if rng.random() < habits.plans else None
    scale = rng.choice((10_000, 100_000, 1_000_000, 10_000_000))
    days = rng.choice((10, 14, 30, 30, 30, 45))
    percent = rng.choice((2, 3)) if rng.random() < habits.discounts else 0
    currency = rng.choice(("USD", "GBP")) if rng.random() < habits.foreign else "EUR"
    drafts = []
    for month in range(12):
        for turn in range(1 + (rng.random() < habits.second)):
            gross = plan if plan and turn == 0 else rng.randrange(scale // 10, scale)
            issued = date(2025, month + 1, rng.choice((1, 1, 1, 2, 3)) if turn == 0 else rng.randrange(4, 28))
            discount = gross * percent // 100
            until = issued + timedelta(days=8) if discount else None
            due = issued + timedelta(days=days)
            drafts.append(Bill("", "", owner.id, issued, due, gross, currency, discount, until))
    return drafts
