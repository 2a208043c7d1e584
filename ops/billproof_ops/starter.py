"""The files of `billproof init`, which run: legal entity, meter, customer, policy, price, and a month of usage."""

import csv
import io
import json
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template

from billproof.ids import name
from billproof.periods import Period, cut_off, zone
from billproof_ops.errors import WrongUse

MASTER_DATA = ("legal-entity", "meters", "customer", "policy")
ZONE = "Europe/Berlin"
GRACE = timedelta(hours=24)
EVENTS_A_DAY = 4
CALLS = 150
"""An event of the sample usage says between one and two times so many calls."""
PRICE = {
    "price": {
        "model": "graduated",
        "tiers": [{"up_to": "10000", "unit_price": "0.01"}, {"up_to": None, "unit_price": "0.008"}],
    },
    "currency": "EUR",
    "rounding": "half_up",
    "usage": {"quantity": "25000"},
}


def newest_month(now: datetime) -> Period:
    """Return the last month that takes no more usage by the default of CutOffGraceHours: it can be billed."""
    month = Period.month_before(now, ZONE)
    return month if now >= cut_off(month, GRACE) else Period.month_ending(month.start)


def write_starter(folder: Path, *, entity: str, month: Period) -> list[Path]:
    """Write the files into a new folder, for a month to bill, and return them.

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
    for day in range(month.days):
        for turn in range(EVENTS_A_DAY):
            ordinal = day * EVENTS_A_DAY + turn
            at = datetime(month.start.year, month.start.month, 1, 8, tzinfo=zone(ZONE)) + timedelta(
                days=day, hours=turn * 3
            )
            rows.writerow((f"r-{ordinal:04d}", "acme", at.isoformat(), CALLS + ordinal * 37 % CALLS))
    return text.getvalue()
