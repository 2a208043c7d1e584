"""A price for every package."""

from typing import ClassVar, Literal

from billproof.model import decimal_text
from billproof.pricing.models.base import Nonnegative, Positive, PriceModel, Step, Used, step_of, whole_blocks


class Package(PriceModel):
    """A price for every package; a part-used package is charged whole."""

    model: Literal["package"] = "package"
    in_advance: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("package_price",)
    package_size: Positive
    package_price: Nonnegative

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Multiply the packages that hold the quantity by their price."""
        packages = whole_blocks(used.quantity, self.package_size)
        return (step_of(f"packages of {decimal_text(self.package_size)}", packages, self.package_price),)
