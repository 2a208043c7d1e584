"""A price for every package."""

from typing import ClassVar, Literal

from billproof.model import decimal_text
from billproof.pricing.models.base import Nonnegative, Positive, PriceModel, Step, Used, step_of, whole_blocks
from billproof.pricing.models.examples import Example, Section

SECTION = Section(
    "Package",
    (
        (
            "A part-used package is charged whole; no usage, no package. Free units are the charge's "
            "`included_quantity`."
        ),
        Example(
            price={"model": "package", "package_size": "100000", "package_price": "35"},
            amount="1330.00",
            why="38 packages",
            usage={"quantity": "3700495"},
        ),
        Example(
            price={"model": "package", "package_size": "1000", "package_price": "5"},
            amount="10.00",
            why="1,001 units are left, two packages",
            usage={"quantity": "2001"},
            charge={"included_quantity": "1000"},
        ),
    ),
)


class Package(PriceModel):
    """A price for every package; a part-used package is charged whole."""

    model: Literal["package"] = "package"
    section: ClassVar[Section | None] = SECTION
    in_advance: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("package_price",)
    package_size: Positive
    package_price: Nonnegative

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Multiply the packages that hold the quantity by their price."""
        packages = whole_blocks(used.quantity, self.package_size)
        return (step_of(f"packages of {decimal_text(self.package_size)}", packages, self.package_price),)
