"""`billproof publish`: master data from files, checked as a whole, shown as differences, then sent."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from billproof_ops import publishing, tables
from billproof_ops.master_files import read_files
from billproof_ops.printing import AsJson, Who, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()
LONGEST_VALUE = 60


@app.command()
def publish(
    paths: Annotated[
        list[Path], typer.Argument(help="Folders, or files as YAML or JSON, of versions of master data; - for stdin.")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show the differences; send nothing.")] = False,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Publish legal entities, meters, accounts, contracts, exchange rates and policies. It is safe to repeat.

    Everything is checked before anything is sent, by the rules of the queue that takes it. A version never changes:
    what is changed has a higher one. A policy waits for somebody else to confirm it.
    """
    target = Target.find()
    plan = publishing.plan(target, read_files(paths))
    if as_json:
        print_json([planned.model_dump(mode="json") for planned in plan.planned])
    else:
        _show(plan.planned)
    if dry_run or not plan.to_send:
        return
    with Progress(console=console, disable=as_json, transient=True) as progress:
        task = progress.add_task("taken", total=len(plan.to_send))
        notes = list(publishing.send(target, plan.to_send, who=who, advance=partial(progress.advance, task)))
    if not as_json:
        console.print(f"published: {len(plan.to_send)}")
        for note in notes:
            console.print(note, soft_wrap=True)


def _show(planned: tuple[publishing.PlannedVersion, ...]) -> None:
    listed = tables.table("Object", "Version", "", "Term", "Before", "After", whole=("Object",))
    for version in planned:
        first, *others = version.changes or (None,)
        name = f"{version.kind} {version.id}"
        before, after = (_short(value) for value in (first.before, first.after)) if first else ("", "")
        listed.add_row(name, str(version.version), version.novelty, first.path if first else "", before, after)
        for change in others:
            if change is not None:
                listed.add_row("", "", "", change.path, _short(change.before), _short(change.after))
    console.print(listed)
    for version in planned:
        for warning in version.warnings:
            console.print(f"[yellow]warning[/] {version.kind} {version.id}: {warning}", soft_wrap=True)


def _short(value: str | None) -> str:
    text = value or ""
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
