"""Master data that may well be accepted and makes no sense: sound documents with a few values exchanged."""

import copy
import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from billproof_ops.demo import story

MINE = "UA"
"""The account that the nonsense is published for."""
AMOUNTS = (
    *("0", "0.01", "0.000000000000001", "1", "50", "100", "100.01", "-1", "1000000"),
    *("9" * 18, "9" * 19 + ".99", "9" * 23, "12345678901234567890.123456789012345"),
)
DAYS = (
    *("0001-01-01", "1900-01-31", "2012-02-29", "2012-12-31", "2013-01-01", "2013-01-15", "2013-01-31", "2013-02-01"),
    *("2013-02-28", "2013-03-01", "2014-01-01", "9998-12-31", "9999-12-31"),
)
NUMBERS = (0, 1, 2, 3, 12, 31, 60, 100, 366, 1_000, 999_999)
ZONES = ("Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu", "Africa/Cairo", "Europe/Berlin")
CURRENCIES = ("JPY", "BHD", "CLF", "USD", "EUR")
KEPT = frozenset({"kind", "id", "account", "version", "legal_entity"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@cache
def sound() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return documents that are in force for the account, as later versions, and the charges of every contract."""
    demo = story.master_data()
    contracts = [contract.model_dump(mode="json") for contract in demo.contracts]
    account = next(account for account in demo.accounts if account.id == MINE).model_dump(mode="json")
    own = [contract | {"version": 2} for contract in contracts if contract["account"] == MINE]
    more = [contract | {"account": MINE, "id": "X-1", "version": 1} for contract in contracts]
    meters = [meter.model_dump(mode="json") | {"version": meter.version + 1} for meter in demo.meters]
    return [account | {"version": 2}, *own, *more, *meters], [one for known in contracts for one in known["charges"]]


def nonsense(chance: random.Random) -> dict[str, Any]:
    """Return a document with one to four values exchanged, or charges of others added."""
    documents, charges = sound()
    document = copy.deepcopy(chance.choice(documents))
    for _ in range(chance.randint(1, 4)):
        if "charges" in document and chance.random() < 0.3:
            added = copy.deepcopy(chance.choice(charges))
            document["charges"].append(added | {"id": f"{added['id']}-{chance.randrange(9)}"})
            continue
        *path, name = chance.choice([place for place in _leaves(document) if place[-1] not in KEPT])
        holder: Any = document
        for step in path:
            holder = holder[step]
        holder[name] = _another(holder[name], name, chance)
    return document


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _leaves(item, (*path, name))
    if path and not isinstance(value, dict | list):
        yield path


def _another(value: Any, name: Any, chance: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    choices: tuple[Any, ...] = (value,)
    if isinstance(value, int):
        choices = NUMBERS
    elif name == "time_zone":
        choices = ZONES
    elif name == "currency":
        choices = CURRENCIES
    elif value is None or (isinstance(value, str) and _DAY.fullmatch(value)):
        choices = (*DAYS, None) if value is None else DAYS
    elif isinstance(value, str) and _AMOUNT.fullmatch(value):
        choices = AMOUNTS
    return chance.choice(choices)
