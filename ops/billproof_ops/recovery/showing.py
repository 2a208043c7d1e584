"""How a rehearsal, and what was in flight, are printed."""

from collections.abc import Sequence

from rich.markup import escape

from billproof_ops import tables
from billproof_ops.printing import console
from billproof_ops.recovery.in_flight import InFlight
from billproof_ops.recovery.month_end import WAITS
from billproof_ops.recovery.rehearsal import Rehearsal, RestoredBooks

SHOWN = 50
"""Findings and things in flight that are printed; --json prints all of them."""


def show_in_flight(things: Sequence[InFlight]) -> None:
    """Print what is in flight, and how it comes back."""
    for thing in things[:SHOWN]:
        console.print(f"{thing.kind} [bold]{escape(thing.name)}[/] {escape(thing.why)}: {thing.remedy}", soft_wrap=True)
    if len(things) > SHOWN:
        console.print(f"and {len(things) - SHOWN:,} more: --json prints all of them")
    console.print(f"{len(things):,} in flight")


def show_rehearsal(rehearsal: Rehearsal) -> None:
    """Print a rehearsal."""
    console.print(
        f"restored: {sum(rehearsal.items.values()):,} items of {len(rehearsal.items)} tables as of "
        f"{rehearsal.moment:%Y-%m-%d %H:%M:%S} UTC, {rehearsal.objects:,} objects as they are; no queue, no execution",
        soft_wrap=True,
    )
    _show_books("books", rehearsal.books)
    show_in_flight(rehearsal.in_flight)
    for end in rehearsal.billed:
        waits = ": a person decides when it goes on" if end.status == WAITS else f": {end.status}"
        console.print(f"started on the restored stack: {end.run}{waits}", soft_wrap=True)
    if rehearsal.books_after is not None:
        _show_books("after that came back", rehearsal.books_after)
        console.print(f"left: {len(rehearsal.left):,}")
    timed = tables.table("Part", "Seconds", title="Recovery time", right=("Seconds",))
    for name, seconds in rehearsal.seconds.items():
        timed.add_row(name, f"{seconds:.1f}")
    timed.add_row("in all", f"{rehearsal.recovery_time_seconds:.1f}", style="bold")
    console.print(timed)
    console.print(
        f"recovery point: the tables are {rehearsal.recovery_point_seconds:.1f} s old, the usage log is whole"
    )


def _show_books(title: str, books: RestoredBooks) -> None:
    verdict = "[green]the same by proof[/]" if books.hold else "[red]differ[/]"
    later = f", {books.not_posted:,} not posted yet" if books.not_posted else ""
    console.print(f"{title}: {verdict}; {books.runs:,} runs, {books.documents:,} documents{later}", soft_wrap=True)
    for finding in (*books.differences, *books.audit_findings)[:SHOWN]:
        console.print(f"  [red]{escape(finding)}[/]", soft_wrap=True)
