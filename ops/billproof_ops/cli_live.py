"""`billproof usage show`, `sources`, `exposure` and `compact`: what is used, owed and how fresh it is; compacting."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

import typer

from billproof.model import decimal_text
from billproof.pipeline.exposure import Exposure
from billproof_ops import live, naming, tables
from billproof_ops.printing import AsJson, Entity, console, print_json
from billproof_ops.target import Target

SHOWN = 50
"""Accounts that are printed, those that owe most first; --json prints all of them."""


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


def sources(*, as_json: AsJson = False) -> None:
    """Show the newest event of each source of usage, and when its last one came. Nothing is stored."""
    known = live.show_sources(Target.find())
    if as_json:
        print_json(known.model_dump(mode="json"))
        return
    title = f"Sources of usage since {known.since}, at {known.at}"
    listed = tables.table("Source", "Newest event", "Last received", title=title)
    for arrival in known.sources:
        listed.add_row(arrival.source, arrival.newest_event, arrival.received_at)
    console.print(listed)
    if known.unread:
        console.print(f"{known.unread:,} objects of the log were not read: a source may have sent more")
    if known.unlisted:
        console.print(f"{known.unlisted:,} more sources, which sent something later, are not listed")


def exposure(
    *,
    entity: Entity = "",
    period: Annotated[str, typer.Option("--period", "-p", help="The month, such as 2013-01; else this one.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show what all accounts owe so far for a month that is not billed, before tax. Nothing is stored."""
    target = Target.find()
    name = naming.legal_entity(target, entity)
    owed = live.show_exposure(target, name, naming.month_so_far(target, name, period))
    if as_json:
        print_json(owed.model_dump(mode="json"))
        return
    listed = tables.table(
        "Account", "Owed", "Events", title=f"{name} {owed.period}, at {owed.at}", right=("Owed", "Events")
    )
    largest = sorted(owed.accounts, key=lambda account: -account.net.amount if account.net else Decimal("-Infinity"))
    for account in largest[:SHOWN]:
        listed.add_row(account.account, str(account.net) if account.net else "not known", f"{account.events:,}")
    console.print(listed)
    if len(largest) > SHOWN:
        console.print(f"and {len(largest) - SHOWN:,} more accounts: --json prints all of them")
    console.print(f"in all {', '.join(map(str, owed.totals)) or 'nothing'}, of {len(owed.accounts):,} accounts")
    for missing in _not_in(owed):
        console.print(f"not in it: {missing}", soft_wrap=True)


def _not_in(owed: Exposure) -> Iterator[str]:
    """Say what an exposure does not hold."""
    if owed.newer_segments:
        yield f"{owed.newer_segments:,} segments that came after the last compaction, for accounts read from roll-ups"
    for account in owed.unpriced[:SHOWN]:
        yield f"{account.account}, which cannot be priced: {', '.join(account.findings)}"
    if owed.released:
        yield f"{owed.released:,} accounts whose invoice is released"


def compact(
    *, period: Annotated[str, typer.Option("--period", "-p", help="The month to compact, such as 2013-01.")]
) -> None:
    """Compact the days of a month that have segments which no compaction covers; the schedule looks at three months."""
    name, is_new = live.start_compaction(Target.find(), period)
    console.print(f"execution {name} {'compacts' if is_new else 'already compacts'} the days of {period}")
