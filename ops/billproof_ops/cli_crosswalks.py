"""`billproof crosswalk`: which accounts the ids of other systems mean, and which accounts may be one customer."""

from typing import Annotated

import typer
from rich.markup import escape

from billproof.completeness.alike_accounts import SharedBy
from billproof.masterdata.crosswalk_book import KnownCrosswalk
from billproof_ops import tables
from billproof_ops.duplicates import duplicates_of
from billproof_ops.printing import AsJson, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()


@app.callback()
def crosswalks() -> None:
    """Crosswalks: which account an id means, and from which day to which. `billproof publish` publishes them."""


@app.command("list")
def list_crosswalks(
    external_id: Annotated[str, typer.Option("--id", help="Only what names this id.")] = "",
    *,
    every_version: Annotated[bool, typer.Option("--all", help="Earlier versions, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the crosswalks with their ids, days and accounts, and since when each version is known."""
    book = Target.find().ports.directory.crosswalks()
    last = {version.data.id: version for version in book.versions}
    shown = [
        version
        for version in book.versions
        if (every_version or version is last[version.data.id])
        and (not external_id or external_id in version.external_ids)
    ]
    if as_json:
        print_json([{**one.data.model_dump(mode="json"), "received_at": one.known_at or None} for one in shown])
        return
    for version in shown:
        for line in _lines(version):
            console.print(line, soft_wrap=True, markup=False)
    if not shown:
        console.print("no crosswalks: usage counts for the account that it names")


def _lines(version: KnownCrosswalk) -> list[str]:
    data = version.data
    known = f", received {version.known_at}" if version.known_at else ""
    lines = [f"{data.id} version {data.version}{known}: {data.system}: {', '.join(data.external_ids)}"]
    for entry in data.entries:
        until = f" to {entry.effective.end}" if entry.effective.end else ""
        lines.append(f"  from {entry.effective.start}{until} ({data.time_zone}): {entry.account}: {entry.reason}")
    return lines


@app.command("duplicates")
def list_duplicates(*, as_json: AsJson = False) -> None:
    """List accounts that may be one customer: by tax number, name or domain. Exit 1 if two have one tax number.

    People decide: publish a crosswalk where one goes into the other, or the same parent where they are of one family.
    Pairs with one tax number or name are exceptions, too: one that was decided is not listed until it changes.
    """
    ports = Target.find().ports
    duplicates = duplicates_of(ports.directory, ports.exception_store, ports.now())
    if as_json:
        print_json([duplicate.model_dump(mode="json") for duplicate in duplicates])
    else:
        listed = tables.table("Account", "Other", "Same", "Which", title="Accounts that may be one customer")
        for one in duplicates:
            listed.add_row(one.account, one.other, one.shared.value.replace("_", " "), escape(one.value))
        console.print(listed)
    if any(duplicate.shared is SharedBy.TAX_NUMBER for duplicate in duplicates):
        raise typer.Exit(1)
