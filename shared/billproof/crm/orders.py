"""Orders as a CRM has them, in the one shape that every adapter reads them into."""

from typing import Annotated, Literal

from pydantic import Field

from billproof.model import Day, Exact, Model
from billproof.names import BOUNDED, ONE_LINE, Name

Said = Annotated[str, ONE_LINE, BOUNDED]
"""A text as the CRM has it, empty where it says nothing."""
MOST_LINES = 2_000


class CrmLine(Model):
    """A line of an order: `number` tells it from the others, `unit_price` is after every discount.

    `fields` are those with a value that no rule reads. Days are half-open; null where those of the order hold.
    """

    number: Said
    product: Said
    quantity: Exact | None = None
    unit_price: Exact | None = None
    total: Exact | None = None
    frequency: Said = ""
    start: Day | None = None
    end: Day | None = None
    fields: tuple[Said, ...] = ()


class CrmOrder(Model):
    """An order, deal or contract of a CRM, whole: its header and all its lines.

    `id` never changes and `number` is what people call it; `created` is the day on which it was made. `total` is what
    the CRM says that it comes to.
    """

    kind: Literal["crm_order"] = "crm_order"
    system: Name
    id: Said
    number: Said
    created: Day
    customer: Said
    status: Said
    currency: Said = ""
    start: Day | None = None
    end: Day | None = None
    total: Exact | None = None
    lines: Annotated[tuple[CrmLine, ...], Field(max_length=MOST_LINES)] = ()
    fields: tuple[Said, ...] = ()
