"""`billproof usage show` and `compact`: what an account has used so far, and the compaction of the usage log."""

from typing import Annotated

import typer

from billproof.model import decimal_text
from billproof_ops import live, naming, tables
from billproof_ops.printing import AsJson, console, print_json
from billproof_ops.target import Target


def show(
    account: Annotated[str, typer.Argument(help="The account, such as UA.")],
    *,
    period: Annotated[str, typer.Option("--period", "-p", help="The month, such as 2013-01; else this one.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show what an account has used of a month so far, and what it comes to. Nothing is stored."""
    target = Target.find()
    usage = live.show_account(target, naming.account(target, account), account, period)
    if as_json:
        print_json(usage.model_dump(mode="json"))
        return
    title = f"{account} {usage.period}, at {usage.at}"
    listed = tables.table("Meter", "Of", "Quantity", "Events", title=title, right=("Quantity", "Events"))
    for quantity in usage.quantities:
        of = ", ".join(value for value in quantity.dimension.values() if value)
        listed.add_row(quantity.meter, of, decimal_text(quantity.quantity), f"{quantity.events:,}")
    console.print(listed)
    console.print(f"{usage.counts.distinct:,} events, {usage.counts.metered:,} of them priced")
    if usage.net is not None:
        console.print(f"net so far {usage.net}, with tax {usage.gross}")
    for finding in usage.findings:
        console.print(f"{finding.severity} {finding.code}: {finding.message}. {finding.remedy}")


def compact(
    *, period: Annotated[str, typer.Option("--period", "-p", help="The month to compact, such as 2013-01.")]
) -> None:
    """Compact the days of a month that have segments which no compaction covers; the schedule looks at three months."""
    name, is_new = live.start_compaction(Target.find(), period)
    console.print(f"execution {name} {'compacts' if is_new else 'already compacts'} the days of {period}")
