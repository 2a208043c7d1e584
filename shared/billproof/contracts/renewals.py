"""When a contract renews, and by how much its prices then rise."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from billproof.model import Day, Exact, Flag, Model


class IndexValue(Model):
    """The value of a price index from a day on."""

    start: Day
    value: Annotated[Exact, Field(gt=0)]


class Renewal(Model):
    """When the contract renews, and by how much its prices then rise.

    The uplift is a percentage, an amount on every flat charge, or the ratio of an index table's values at the renewal
    and before it. With `automatic` billproof raises the prices itself, on `renews_on` and every `term_months` after it;
    otherwise a new version must say the new prices, and a control watches for it. One-off charges do not rise.
    """

    renews_on: Day
    uplift_percent: Annotated[Exact, Field(gt=0, le=1_000)] | None = None
    uplift_amount: Annotated[Exact, Field(gt=0)] | None = None
    index: tuple[IndexValue, ...] = ()
    automatic: Flag = False
    term_months: Annotated[int, Field(strict=True, ge=1, le=120)] = 12
    price_decimals: Annotated[int, Field(strict=True, ge=0, le=15)] = 15

    @model_validator(mode="after")
    def _one_uplift(self) -> Self:
        if (self.uplift_percent is not None) + (self.uplift_amount is not None) + bool(self.index) != 1:
            message = "a renewal has one uplift: uplift_percent, uplift_amount or index"
            raise ValueError(message)
        starts = [step.start for step in self.index]
        if starts != sorted(set(starts)) or (starts and starts[0] >= self.renews_on):
            message = "an index table rises by start and begins before the renewal"
            raise ValueError(message)
        return self
