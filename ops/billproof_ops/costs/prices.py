"""Prices of AWS by what they are billed by, read from prices.json or from a file of the same form."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from importlib import resources
from pathlib import Path

from billproof.model import Exact, Model

DAYS_A_MONTH = Decimal("30.4375")


class Kept(StrEnum):
    """What is billed for each month that it is kept, and is not billed once: data, or logs."""

    DATA = "data"
    LOGS = "logs"


class Price(Model):
    """What a number of units costs; of what is kept, in each month."""

    unit: str
    service: str
    what: str
    price: Exact
    per: int
    source: str
    kept: Kept | None = None


class Prices(Model):
    """The prices of a region on a day."""

    region: str
    currency: str
    as_of: str
    note: str
    prices: tuple[Price, ...]

    @classmethod
    def read(cls, file: Path | None = None) -> "Prices":
        """Read a file of prices, or the one that comes with billproof; raises OSError and ValidationError."""
        if file is None:
            return cls.model_validate_json(resources.files(__package__).joinpath("prices.json").read_text())
        return cls.model_validate_json(file.read_text())


def cost_of(units: Mapping[str, Decimal], prices: Prices, *, days: Mapping[Kept, int]) -> dict[Price, Decimal]:
    """Price units; what is kept is kept for so many days. A unit without a price costs nothing by itself."""
    costs: dict[Price, Decimal] = {}
    for price in prices.prices:
        number = units.get(price.unit, Decimal(0))
        if number:
            months = Decimal(days[price.kept]) / DAYS_A_MONTH if price.kept else Decimal(1)
            costs[price] = number * price.price / price.per * months
    return costs
