"""`billproof recover`: load tables from an export, list what was in flight, and bring it back."""

from pathlib import Path
from typing import Annotated

import typer

from billproof_ops.printing import AsJson, Who, console, print_json, verbs
from billproof_ops.recovery import exports, in_flight, showing
from billproof_ops.target import Target

app = verbs()


@app.command("list")
def list_in_flight(*, as_json: AsJson = False) -> None:
    """List what was in flight when queues or executions were lost, and how it comes back. It reads only."""
    things = in_flight.in_flight(Target.find())
    if as_json:
        print_json([thing.model_dump(mode="json") for thing in things])
    else:
        showing.show_in_flight(things)


@app.command()
def resume(*, who: Who = None, as_json: AsJson = False) -> None:
    """Bring back what was in flight: start runs and waits again, send postings and deliveries again. Safe to repeat."""
    target = Target.find()
    resumed = in_flight.resume(target, in_flight.in_flight(target), who=who)
    if as_json:
        print_json([thing.model_dump(mode="json") for thing in resumed])
        return
    for thing in resumed:
        console.print(f"{thing.kind} {thing.name} comes back", soft_wrap=True)
    console.print(f"{len(resumed):,} resumed")


@app.command()
def load(
    folder: Annotated[Path, typer.Argument(help="The exports: a folder for each table, such as Invoices.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Put the tables of an export into those of a new stack. It is safe to repeat; tables in use are refused."""

    def say(name: str, number: int) -> None:
        if not as_json:
            console.print(f"{name}: {number:,} items")

    numbers = exports.load(Target.find(), folder, say)
    if as_json:
        print_json(numbers)
