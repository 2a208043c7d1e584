"""`billproof dlq`: count dead letters, look at them and send them again."""

from typing import Annotated

import typer
from rich.table import Table

from billproof.letters import masked
from billproof_ops import dead_letters
from billproof_ops.printing import AsJson, Who, console, print_json, show, verbs
from billproof_ops.target import Target

app = verbs()
QueueName = Annotated[str, typer.Argument(help=f"One of {', '.join(dead_letters.QUEUES)}.")]
Contains = Annotated[str, typer.Option("--contains", help="Only messages whose body contains this text.")]


@app.command("list")
def list_dead_letters(*, as_json: AsJson = False) -> None:
    """Count the dead letters of every queue."""
    depths = dead_letters.depths(Target.find())
    if as_json:
        print_json([depth.model_dump() for depth in depths])
        return
    table = Table("Queue", "Waiting", "Dead letters")
    for depth in depths:
        table.add_row(depth.queue, str(depth.waiting), str(depth.dead_letters))
    console.print(table)


@app.command("peek")
def peek_at_dead_letters(
    queue: QueueName,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 10,
    contains: Contains = "",
    whole: Annotated[bool, typer.Option("--whole", help="With all values, which are masked otherwise.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show dead letters, and why each failed, without removing them."""
    letters = dead_letters.peek(Target.find(), queue, limit=limit, contains=contains)
    if not whole:
        letters = [letter.with_values_masked() for letter in letters]
    if as_json:
        print_json([letter.model_dump() for letter in letters])
        return
    for letter in letters:
        console.print(f"[bold]{letter.message_id}[/] {letter.sent_at}", highlight=False)
        if letter.failure is not None:
            failed = letter.failure
            console.print(f"[red]{failed.error}[/] in {failed.function}, request {failed.request_id}", soft_wrap=True)
        console.print(letter.body, markup=False, highlight=False, soft_wrap=True)
    console.print(f"{len(letters)} shown")


@app.command("redrive")
def redrive_dead_letters(
    queue: QueueName,
    *,
    contains: Contains = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Send at most this many.")] = None,
    per_second: Annotated[int, typer.Option(min=1, max=1000, help="Messages a second.")] = 50,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be sent.")] = False,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Send dead letters to their queue again. It is safe to repeat, and recorded in the audit chain."""
    done = dead_letters.redrive(
        Target.find(), queue, who=who, contains=contains, limit=limit, per_second=per_second, dry_run=dry_run
    )
    verb = "would be sent again" if dry_run else "sent again"
    number = done.matched if dry_run else done.sent_back
    show(done, as_json=as_json, text=f"{queue}: {number} {verb}; dead letters before {done.before}, after {done.after}")


@app.command("discard")
def discard_dead_letter(
    queue: QueueName,
    message_id: Annotated[str, typer.Argument(help="The letter's id, as billproof dlq peek shows it.")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it is not to be worked on; it is stored.")],
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Remove one dead letter for good. What it was, by whom it was removed and why is kept."""
    done = dead_letters.discard(Target.find(), queue, message_id, who=who, reason=reason)
    done = done.model_copy(update={"body": masked(done.body)})
    show(done, as_json=as_json, text=f"{message_id} was discarded by {done.discarded_by}: {done.reason}")
