"""What is measured: meters, and how they turn events into quantities."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.model import WRITTEN_DAY, Exact, Flag, Model
from billproof.names import EventType, Name, Version
from billproof.quantities import QuantityRule
from billproof.readings import Reading


class Aggregation(StrEnum):
    """How a meter turns events into a quantity.

    `weighted_sum` reads a level that holds from its event until the next one: each level times the share of the period
    that it lasted. `percentile` is the smallest value that at least that percentage of the events do not exceed
    (nearest rank).
    """

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    MAX = "max"
    LATEST = "latest"
    WEIGHTED_SUM = "weighted_sum"
    PERCENTILE = "percentile"


NOT_NUMERIC = {Aggregation.COUNT, Aggregation.DISTINCT}
"""Those that read no quantity."""
LEVELS = {Aggregation.MAX, Aggregation.LATEST, Aggregation.WEIGHTED_SUM}
"""Those of a level, which has a value at every instant and goes on from one month to the next."""


def is_level(aggregation: Aggregation, reading: Reading) -> bool:
    """Say whether a meter that is read so is read as a level: by day it always is, by single events it never is."""
    is_single = reading.by_price or reading.transactions is not None
    return reading.by_day or (aggregation in LEVELS and not is_single)


EARLIEST = date(1970, 1, 1)
"""No meter accepts events of before."""
OUR_TYPES = "billproof."
"""What the types of control totals and the like begin with."""


class Meter(Model):
    """What is measured: the events of one type, aggregated over one property of their data.

    `count` needs no property. For the others an event without the property contributes nothing when `required` is
    false; when it is true validation refuses such an event. Only events count whose properties have one of the
    values that `where` names for them; an event that no meter of its type counts is without a price. The quantity is
    rounded by `rounding` before anything prices it. With a `price_property` every event must carry its unit's price.
    Events of a type that are older than a deployment takes are accepted from the first day `accepts_from` (UTC) on that
    a meter of the type names.
    """

    kind: Literal["meter"] = "meter"
    id: Name
    version: Version
    name: str
    unit: str
    event_type: EventType
    aggregation: Aggregation
    value_property: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")] | None = None
    required: Flag = False
    price_property: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")] | None = None
    percentile: Annotated[Exact, Field(gt=0, le=100)] | None = None
    where: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(default_factory=dict)
    rounding: QuantityRule | None = None
    accepts_from: Annotated[date, Field(ge=EARLIEST), WRITTEN_DAY] | None = None

    @model_validator(mode="after")
    def _price_of_a_sum(self) -> Self:
        if self.price_property is not None and self.aggregation is not Aggregation.SUM:
            message = f"meter {self.id}: only a meter that sums has a price_property"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _percentile_where_needed(self) -> Self:
        if (self.aggregation is Aggregation.PERCENTILE) != (self.percentile is not None):
            message = f"meter {self.id}: the aggregation percentile needs a percentile, and no other takes one"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _property_where_needed(self) -> Self:
        if (self.aggregation is Aggregation.COUNT) != (self.value_property is None):
            message = f"meter {self.id}: every aggregation but count needs a value_property, and count takes none"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _type_is_not_ours(self) -> Self:
        if self.event_type.startswith(OUR_TYPES):
            message = f"meter {self.id}: event types that begin with {OUR_TYPES} are billproof's own"
            raise ValueError(message)
        return self

    @property
    def is_numeric(self) -> bool:
        """Whether the property must hold an exact quantity."""
        return self.aggregation not in NOT_NUMERIC
