"""`billproof rehearse-restore`: whether what is kept is enough to go on from, and how long that takes."""

from typing import Annotated

import typer

from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.local import server
from billproof_ops.paths import BUILD, LOCAL
from billproof_ops.printing import AsJson, Who, console, print_json, verbs
from billproof_ops.recovery import showing
from billproof_ops.recovery.rehearsal import rehearse
from billproof_ops.target import Target

app = verbs()


@app.command()
def rehearse_restore(
    *,
    who: Who = None,
    month: Annotated[
        str, typer.Option("--month", help="Bill this month there, too, such as 2013-02, for every legal entity.")
    ] = "",
    keep_up: Annotated[bool, typer.Option("--keep-up", help="Leave the restored stack up, below build/.")] = False,
    as_json: AsJson = False,
) -> None:
    """Restore the embedded AWS into another one, prove its books, and list what was in flight. Exit 1 if they differ.

    The tables are those of a moment, the objects as they are, the queues and executions lost. With --as, what was in
    flight comes back, a month may be billed there, and the books are proved again. The stack that is up is only read.
    """
    if month and who is None:
        message = "--month starts runs on the restored stack: say as whom, with --as"
        raise WrongUse(message)
    if server.running() is None:
        message = "the embedded AWS is not up: 'billproof local up' starts it; on AWS see docs/continuity.md"
        raise OpsError(message)
    say = (lambda _: None) if as_json else (lambda part: console.print(f"[dim]{part}[/]"))
    rehearsal = rehearse(
        Target.find(), LOCAL / "state", BUILD / "rehearsal", who=who, month=month, say=say, keep_up=keep_up
    )
    if as_json:
        print_json(rehearsal.model_dump(mode="json") | {"holds": rehearsal.holds})
    else:
        showing.show_rehearsal(rehearsal)
    if not rehearsal.holds:
        raise typer.Exit(1)
