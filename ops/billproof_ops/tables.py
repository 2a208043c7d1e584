"""Tables for people, as narrow as a terminal of 80 columns."""

from collections.abc import Collection

from rich import box
from rich.table import Table


def table(*names: str, title: str | None = None, whole: Collection[str] = (), right: Collection[str] = ()) -> Table:
    """Make a table. The columns named in `whole` are never cut: an amount that is cut is another amount."""
    made = Table(title=title, box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for name in names:
        made.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=name in whole,
            overflow="fold",
        )
    return made
