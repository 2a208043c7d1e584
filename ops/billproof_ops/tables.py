"""Tables for people, as narrow as a terminal of 80 columns."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from rich import box
from rich.table import Table

from billproof.conservation.model import Equation
from billproof.money import exponent


def equations(statement: Iterable[Equation], *, title: str) -> Table:
    """Print equations, one part a row; what is unaccounted for is red."""
    listed = table("", "", "", title=title, whole=("",), right=())
    listed.columns[1].justify = "right"
    for equation in statement:
        currency = equation.currency
        listed.add_row(f"[bold]{equation.code}[/]", f"[bold]{_number(equation.total, currency)}[/]", currency or "")
        for name, value in equation.parts.items():
            if value:
                listed.add_row(f"  {name}", _number(value, currency), "")
        if not equation.balances:
            missing = _number(equation.difference, currency)
            listed.add_row("  [red]unaccounted for[/]", f"[red]{missing}[/]", "[red]does not balance[/]")
    return listed


def _number(value: Decimal, currency: str | None) -> str:
    return f"{value:,f}" if currency is None else f"{value:,.{exponent(currency)}f}"


def table(*names: str, title: str | None = None, whole: Collection[str] = (), right: Collection[str] = ()) -> Table:
    """Make a table. The columns named in `whole` are never cut: an amount that is cut is another amount."""
    new_table = Table(title=title, box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for name in names:
        new_table.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=name in whole,
            overflow="fold",
        )
    return new_table
