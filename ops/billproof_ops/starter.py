"""The files of `billproof init`, which run: master data, a price, a month of usage, and the payment of it."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from string import Template

from billproof.ids import name
from billproof.money import Money, Rounding
from billproof.periods import Period, cut_off, zone
from billproof_ops.errors import WrongUse

MASTER_DATA = ("legal-entity", "meters", "customer", "policy")
ZONE = "Europe/Berlin"
GRACE = timedelta(hours=24)
EVENTS_A_DAY = 4
CALLS = 150
"""An event of the sample usage says between one and two times so many calls."""
IN_FIRST_TIER, UNIT_PRICES = Decimal(10_000), (Decimal("0.01"), Decimal("0.008"))
PRICE = {
    "price": {
        "model": "graduated",
        "tiers": [
            {"up_to": f"{IN_FIRST_TIER}", "unit_price": f"{UNIT_PRICES[0]}"},
            {"up_to": None, "unit_price": f"{UNIT_PRICES[1]}"},
        ],
    },
    "currency": "EUR",
    "rounding": "half_up",
    "usage": {"quantity": "25000"},
}


FEE, TAX_RATE = Decimal(99), Decimal("0.19")
BALANCE, BANK_FEE = Money.of(1000, "EUR"), Money.of("4.00", "EUR")
"""What is on the bank account before the customer pays, and what the bank takes."""


def newest_month(now: datetime) -> Period:
    """Return the last month that takes no more usage by the default of CutOffGraceHours: it can be billed."""
    month = Period.month_before(now, ZONE)
    return month if now >= cut_off(month, GRACE) else Period.month_ending(month.start)


def write_starter(folder: Path, *, entity: str, month: Period, now: datetime) -> list[Path]:
    """Write the files into a new folder, for a month to bill and to be paid today, and return them.

    Raises WrongUse where the folder holds anything, and InvalidInput for an id that is no name.
    """
    name(entity, "the id of the legal entity")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder} is not an empty folder: name a new one"
        raise WrongUse(message)
    title = entity.replace("-", " ").title()
    prefix = "".join(letter for letter in entity.upper() if letter.isalnum())[:6]
    values = {"entity": entity, "name": f"{title} GmbH", "prefix": prefix, "start": str(month.start)}
    texts = {f"publish/{part}.yaml": Template(_text(f"{part}.yaml")).substitute(values) for part in MASTER_DATA}
    texts["usage.csv"] = _usage(month)
    texts["bank.csv"] = _bank(month, now.astimezone(zone(ZONE)).date())
    texts["price.json"] = json.dumps({**PRICE, "period": month.name}, indent=1) + "\n"
    written = []
    for place, text in texts.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _text(file: str) -> str:
    return files("billproof_ops").joinpath("starter_files", file).read_text(encoding="utf-8")


def _usage(month: Period) -> str:
    """Write a month of usage as a spreadsheet would have it: a request id, a customer, a local time, a number."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("request", "customer", "at", "calls"))
    for ordinal, calls in enumerate(_calls(month)):
        day, turn = divmod(ordinal, EVENTS_A_DAY)
        at = datetime(month.start.year, month.start.month, 1, 8, tzinfo=zone(ZONE)) + timedelta(
            days=day, hours=turn * 3
        )
        rows.writerow((f"r-{ordinal:04d}", "acme", at.isoformat(), calls))
    return text.getvalue()


def _calls(month: Period) -> Iterator[int]:
    """Yield what each event of the month's usage says."""
    for ordinal in range(month.days * EVENTS_A_DAY):
        yield CALLS + ordinal * 37 % CALLS


def _bank(month: Period, today: date) -> str:
    """Write the bank's file of a day: the customer pays the month to the cent, and the bank takes its fee.

    The day is today, on which the invoice is approved: money that arrives before its invoice is a question for people.
    """
    calls, (first, rest) = Decimal(sum(_calls(month))), UNIT_PRICES
    in_first = min(calls, IN_FIRST_TIER)
    used = in_first * first + (calls - in_first) * rest
    nets = [Money.rounded(amount, "EUR", Rounding.HALF_UP) for amount in (FEE, used)]
    taxes = [Money.rounded(net.amount * TAX_RATE, "EUR", Rounding.HALF_UP) for net in nets]
    paid = Money.zero("EUR").plus([*nets, *taxes])
    after = BALANCE.plus([paid])
    return "\n".join(
        (
            "Booked;Amount;Balance;Name;Account;Text",
            f"{today};{paid.text};{after.text};Acme Werkzeuge GmbH;DE02120300000000202051;API {month.name}",
            f"{today};{(-BANK_FEE).text};{(after - BANK_FEE).text};House Bank;;Account fee",
            "",
        )
    )
