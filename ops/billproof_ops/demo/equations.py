"""An equation of the conservation statement, or of cash, as the demo prints and stores it."""

from decimal import Decimal

from billproof.conservation.model import Equation
from billproof_ops.model import Shown


class EquationSummary(Shown):
    """One equation of a statement."""

    code: str
    currency: str | None
    total: str
    parts: dict[str, str]
    difference: str

    @property
    def equation(self) -> Equation:
        """The equation itself, to be printed or added up."""
        parts = {name: Decimal(value) for name, value in self.parts.items()}
        return Equation(code=self.code, currency=self.currency, total=Decimal(self.total), parts=parts)


def equation_summary(equation: Equation) -> EquationSummary:
    """Write an equation's amounts as text."""
    return EquationSummary(
        code=equation.code,
        currency=equation.currency,
        total=f"{equation.total:f}",
        parts={name: f"{value:f}" for name, value in equation.parts.items()},
        difference=f"{equation.difference:f}",
    )
