"""Tables for people, as narrow as a terminal of 80 columns."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from rich import box
from rich.table import Table

from billproof.conservation.model import Equation
from billproof.money import exponent
from billproof.pipeline.model import RunStatement
from billproof.usage.refusal_model import QuarantinedAt


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


def run_statement(statement: RunStatement, *, released_since: int) -> Table:
    """Print what became of a run's events, and of its invoices until it closed and since."""
    listed = Table("", "", title=statement.run, show_header=False)
    events = statement.events
    for name, value in (
        ("accounts", statement.accounts),
        ("events received", events.copies + statement.quarantined),
        ("- quarantined", statement.quarantined),
        ("refused, of no known account", statement.quarantined_unattributed),
        ("- duplicate", events.duplicate),
        ("- conflicting", events.conflicting),
        ("- billed or included", events.metered),
        ("- excluded by contract", events.excluded),
        ("- without a price", events.orphan),
        ("released", statement.released),
        ("released before", statement.already_released),
        ("held when it closed", statement.held),
        ("- of these released since", released_since),
        ("without contract", statement.without_contract),
    ):
        listed.add_row(name, f"{value:,}")
    for currency, total in statement.totals.items():
        listed.add_row(f"billed, {currency}", f"{total.totals.net.text} net + {total.totals.tax.text} tax")
    return listed


def quarantine(places: Iterable[QuarantinedAt]) -> Table:
    """Print the refused events of a run by the account or source that they belong to."""
    listed = table("Refused of", "Events", "Late", "Open", "Resent", "Dismissed", "Worth", whole=("Worth",))
    for place in places:
        counts = (place.events, place.late, place.open, place.resent, place.dismissed)
        worth = str(place.worth) if place.worth is not None else ("not known" if place.open else "")
        listed.add_row(f"{place.kind.replace('_', ' ')} {place.place}".strip(), *(f"{n:,}" for n in counts), worth)
    return listed


def figures(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    """Print figures, each beside its name."""
    listed = table("", "", title=title, whole=("",), right=())
    listed.columns[1].justify = "right"
    for name, text in rows:
        listed.add_row(name, text)
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
