"""`billproof usage`: check a file of usage events and send it, show what is used so far, compact the log."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from billproof_ops import cli_live, sending
from billproof_ops.errors import WrongUse
from billproof_ops.printing import AsJson, console, print_json, verbs
from billproof_ops.queues import wait_until_empty
from billproof_ops.target import Target
from billproof_ops.usage_files import Mapping, kind_of, lines

app = verbs()
app.command("show")(cli_live.show)
app.command("sources")(cli_live.sources)
app.command("exposure")(cli_live.exposure)
app.command("compact")(cli_live.compact)
DRAIN_SECONDS = 600
File = Annotated[Path, typer.Argument(help="CSV, or CloudEvents as JSON, one a line; - for standard input.")]
Format = Annotated[str, typer.Option("--format", help="csv or ndjson; else what the file's name says.")]
Source = Annotated[str, typer.Option("--source", help="CSV: the source of all events, or the column that says it.")]
Kind = Annotated[str, typer.Option("--type", help="CSV: the type of all events, or the column that says it.")]
Id = Annotated[str, typer.Option("--id", help="CSV: the column of the event's id.")]
Subject = Annotated[str, typer.Option("--subject", help="CSV: the column of the account.")]
Time = Annotated[str, typer.Option("--time", help="CSV: the column of the time, as in RFC 3339, with its offset.")]
Data = Annotated[
    list[str] | None,
    typer.Option("--data", help="CSV: a column of the event's data; may be repeated. Else all."),
]
Refusals = Annotated[Path, typer.Option("--refused", help="Where refused rows are written, as CSV with their reasons.")]


@app.command()
def check(
    file: File,
    *,
    format_: Format = "",
    source: Source = "",
    kind: Kind = "",
    id_: Id = "id",
    subject: Subject = "subject",
    time: Time = "time",
    data: Data = None,
    refused: Refusals = Path("refused.csv"),
    as_json: AsJson = False,
) -> None:
    """Check a file of usage as ingestion would, and send nothing. Exit 1 if anything would be refused."""
    mapping = Mapping(source, kind, id_, subject, time, tuple(data or ()))
    done = _work(file, format_, mapping, refused, send=False, wait=False, quiet=as_json)
    _finish(done, refused, as_json=as_json, sent=False)


@app.command()
def send(
    file: File,
    *,
    format_: Format = "",
    source: Source = "",
    kind: Kind = "",
    id_: Id = "id",
    subject: Subject = "subject",
    time: Time = "time",
    data: Data = None,
    refused: Refusals = Path("refused.csv"),
    wait: Annotated[bool, typer.Option(help="Wait until the queue of usage is empty.")] = True,
    as_json: AsJson = False,
) -> None:
    """Send a file of usage. It is safe to repeat: an event counts once. Exit 1 if anything was refused.

    What would be refused is not sent, but written down with its reasons: correct it, and send that again.
    """
    mapping = Mapping(source, kind, id_, subject, time, tuple(data or ()))
    done = _work(file, format_, mapping, refused, send=True, wait=wait, quiet=as_json)
    _finish(done, refused, as_json=as_json, sent=True)


def _work(
    file: Path, format_: str, mapping: Mapping, refused: Path, *, send: bool, wait: bool, quiet: bool
) -> sending.SentUsage:
    if file.resolve() == refused.resolve():
        message = f"{refused} is what is read: name another file with --refused"
        raise WrongUse(message)
    target = Target.find()
    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn())
    with ExitStack() as files, Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        report = sending.Report(refused, files)
        events = sending.good_ones(lines(file, kind_of(file, format_), mapping), sending.Check(target), report)
        task = progress.add_task("events", total=None)
        accepted = 0
        for number in sending.send_usage(target, events) if send else (1 for _ in events):
            accepted += number
            progress.advance(task, number)
        if send and wait and accepted:
            progress.update(task, description="waiting until these are taken:")
            wait_until_empty(target, "UsageEventsQueueUrl", what="taking the events", timeout_seconds=DRAIN_SECONDS)
    return sending.SentUsage(accepted=accepted, refused=sum(report.reasons.values()), reasons=report.reasons)


def _finish(done: sending.SentUsage, refused: Path, *, as_json: bool, sent: bool) -> None:
    if as_json:
        print_json(done.model_dump(mode="json"))
    else:
        console.print(f"{done.accepted:,} {'sent' if sent else 'good'}, {done.refused:,} refused")
        for reason, number in sorted(done.reasons.items()):
            console.print(f"[red]{reason}[/] {number:,}")
        if done.refused:
            console.print(f"the refused ones are in {refused}, with why", soft_wrap=True)
    if done.refused:
        raise typer.Exit(1)
