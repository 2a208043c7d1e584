"""The price models, one module each, and their registration: what a contract can name as its price.

To add one: write its module, add its class to PRICE_MODELS (docs/how-to/price-model.md).
"""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from billproof.pricing.models.base import PriceModel
from billproof.pricing.models.capacity import Capacity
from billproof.pricing.models.dynamic import Dynamic
from billproof.pricing.models.flat import Flat
from billproof.pricing.models.graduated import Graduated
from billproof.pricing.models.graduated_percentage import GraduatedPercentage
from billproof.pricing.models.matrix import Matrix
from billproof.pricing.models.milestone import Milestone
from billproof.pricing.models.one_off import OneOff
from billproof.pricing.models.package import Package
from billproof.pricing.models.per_unit import PerUnit
from billproof.pricing.models.percentage import Percentage
from billproof.pricing.models.seats import Seats
from billproof.pricing.models.volume import Volume

PRICE_MODELS: tuple[type[PriceModel], ...] = (
    Flat,
    PerUnit,
    Package,
    Graduated,
    Volume,
    Percentage,
    GraduatedPercentage,
    Matrix,
    Dynamic,
    Seats,
    Capacity,
    OneOff,
    Milestone,
)


def _any_of(models: tuple[type[PriceModel], ...]) -> Any:
    return Annotated[reduce(or_, models), Field(discriminator="model")]


if TYPE_CHECKING:
    Price = PriceModel
else:
    Price = _any_of(PRICE_MODELS)
"""Any registered price, told by its `model`."""


def price_model(name: str) -> type[PriceModel] | None:
    """Return the price model of a name, or None where none is registered."""
    return next((model for model in PRICE_MODELS if model.model_fields["model"].default == name), None)
