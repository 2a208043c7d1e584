"""`billproof archive`: the archive of issued documents."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from billproof.model import read_day
from billproof_ops import archiving, naming
from billproof_ops.errors import WrongUse
from billproof_ops.printing import AsJson, Entity, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()


@app.callback()
def archive() -> None:
    """Issued documents, as they are archived."""


@app.command("export")
def export_the_index(
    folder: Annotated[Path, typer.Argument(help="A folder; it is made where it is not there.")],
    *,
    since: Annotated[str, typer.Option("--from", help="The first day of issue, such as 2026-01-01.")],
    until: Annotated[str, typer.Option("--to", help="The last day of issue, such as 2026-12-31.")],
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Write the index of the archive: each number of the series, its document, and where that is kept.

    Every file is read back. Exit 1 if a number or a file is missing, or is another one; missing.jsonl names it.
    """
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    index = archiving.export_index(target, entity, _day(since), _day(until), folder)
    if as_json:
        print_json(index.model_dump(mode="json"))
    else:
        for series in index.series:
            span = f"{series.first} to {series.last}" if series.documents else "none"
            before = f", {series.given_before:,} given before by another system" if series.given_before else ""
            console.print(f"{series.series}: {span}, {series.documents:,} documents{before}", soft_wrap=True)
        missing = (
            f"[red]{index.missing:,} missing[/]: {folder}/missing.jsonl" if index.missing else "nothing is missing"
        )
        console.print(f"{index.documents:,} documents are in {folder}; {missing}", soft_wrap=True)
    if index.missing:
        raise typer.Exit(1)


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError:
        message = f"{text!r} is no day, such as 2026-01-01"
        raise WrongUse(message) from None
