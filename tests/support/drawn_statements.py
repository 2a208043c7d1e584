"""Statements drawn at random from a seed: they add up. Drawing them by hypothesis costs a hundred times as much."""

import random
from datetime import date, timedelta
from decimal import Decimal

from billproof.money import Money, unit
from billproof.payments.model import Payer
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry
from tests.support.bank_files import LEAVES

STARTS, ENDS = date(2026, 12, 28), date(2027, 1, 8)
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789    -.,:()'"
IBANS = ["DE89370400440532013000", "NL91ABNA0417164300", "GB82WEST12345698765432"]


def money(chance: random.Random, currency: str) -> Money:
    """Draw an amount above zero, small and large ones alike."""
    return Money.of(Decimal(chance.randint(1, 10 ** chance.randint(1, 11))) * unit(currency), currency)


def text(chance: random.Random, most: int) -> str:
    """Draw a text, which may be empty."""
    return "".join(chance.choices(SIGNS, k=chance.choice([0, 1, 26, 27, 35, 36, 54, 64, 65, 66, most]))).strip()


def drawn_entry(chance: random.Random, place: int, currency: str) -> StatementEntry:
    """Draw an entry, with a reference of its own or without one."""
    kind = chance.choice(list(MovementKind))
    amount = money(chance, currency)
    return StatementEntry(
        amount=-amount if kind in LEAVES else amount,
        kind=kind,
        booked_on=STARTS + timedelta(chance.randint(0, (ENDS - STARTS).days)),
        value_on=STARTS + timedelta(chance.randint(0, (ENDS - STARTS).days)),
        reference=chance.choice([None, f"BANK{place}"]),
        party=Payer(name=text(chance, 50)[:54] or "A", account=chance.choice(IBANS)),
        structured=chance.choice([None, "RF18539007547034"]),
        remittance=text(chance, 200),
        end_to_end=chance.choice([None, f"E2E {place}"]),
        charges=chance.choice([None, money(chance, currency)]),
        original=chance.choice([None, money(chance, "CHF")]),
    )


def drawn_statement(seed: int) -> BankStatement:
    """Draw a statement of one to six entries whose balances agree."""
    chance = random.Random(seed)
    currency = chance.choice(["EUR", "USD", "JPY", "KWD"])
    drawn = tuple(drawn_entry(chance, place, currency) for place in range(chance.randint(1, 6)))
    opening = money(chance, currency)
    opening = chance.choice([opening, -opening, Money.zero(currency)])
    return BankStatement(
        account=chance.choice(IBANS),
        currency=currency,
        bank_id="STARTUMS",
        number=chance.choice([None, chance.randint(1, 365)]),
        starts_on=STARTS,
        ends_on=ENDS,
        opening=opening,
        closing=opening.plus(entry.amount for entry in drawn),
        entries=drawn,
    )
