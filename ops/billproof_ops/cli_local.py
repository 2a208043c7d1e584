"""`billproof local`: the embedded AWS on this machine."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from billproof_ops import exceptions
from billproof_ops.errors import WrongUse
from billproof_ops.failures import own_error
from billproof_ops.invoking import answer_of
from billproof_ops.local import server, stack
from billproof_ops.printing import AsJson, console, print_json, read_text, show, verbs
from billproof_ops.target import Target
from billproof_ops.web_console.serving import built_files, serve_until_interrupted

app = verbs()
ANY_ERROR = "Runtime.HandlerError"
"""What MiniStack calls every error of a function; AWS says its class."""


@app.command()
def up(
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start anew where the last state was not saved.")] = False,
    with_console: Annotated[
        bool, typer.Option("--console", help="Serve the console on this machine, until Ctrl-C; make console builds it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start the embedded AWS and deploy template.yaml to it. If it is already up, deploy what has changed.

    Where AWS_ENDPOINT_URL names an emulator, such as LocalStack, it deploys there and starts nothing.
    """
    if server.lost_state() and not fresh:
        typer.confirm("the embedded AWS was killed before it saved its books: start anew, without them?", abort=True)
    files = built_files() if with_console else None
    local_stack = stack.up()
    text = f"up at {local_stack.endpoint}, {'deployed' if local_stack.deployed else 'nothing to deploy'}"
    if local_stack.state_wiped:
        text += "; the saved state was incomplete or of another version, and was deleted"
    if local_stack.goes_on_from:
        text += f"; it was killed, and goes on from what it saved at {local_stack.goes_on_from}"
    target = Target.find()
    if resumed := exceptions.resume_waits(target):
        text += f"; {resumed} exceptions whose wait ended with the last stop wait again"
    show(local_stack, as_json=as_json, text=text)
    if files is not None:
        serve_until_interrupted(target, files, lambda address: typer.echo(f"console at {address}, until Ctrl-C"))


@app.command()
def down() -> None:
    """Stop the embedded AWS and keep its state for the next start."""
    console.print("stopped" if server.stop() else "it was not up")


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Show whether the embedded AWS is up, and how many messages its queues have."""
    running_server = server.running()
    if running_server is None:
        print_json({"up": False}) if as_json else console.print("down")
        return
    target = Target.find()
    queues = {name: target.queue_depth(name) for name in sorted(target.outputs) if name.endswith("QueueUrl")}
    saved = server.saved_at()
    saved_at = f"{saved:%Y-%m-%dT%H:%M:%SZ}" if saved else None
    if as_json:
        up_at = {"endpoint": running_server.endpoint, "pid": running_server.pid, "saved_at": saved_at}
        print_json({"up": True, **up_at, "queues": queues})
        return
    title = f"up at {running_server.endpoint}, pid {running_server.pid}, saved {saved_at or 'not yet'}"
    table = Table("Queue", "Messages", title=title)
    for name, depth in queues.items():
        table.add_row(name.removesuffix("Url"), str(depth))
    console.print(table)


@app.command()
def invoke(
    function: Annotated[str, typer.Argument(help="The function, such as post_to_erp.")],
    event: Annotated[
        Path,
        typer.Argument(help="A file with the event, such as events/post_to_erp/released.json; - for standard input."),
    ],
) -> None:
    """Invoke one function with an event and print its result. Exit 1 if it raised an error."""
    target = Target.find()
    output = "".join(part.capitalize() for part in function.split("_")) + "Name"
    if output not in target.outputs:
        known = sorted(_snake(name) for name in target.outputs if name.endswith("Name") and _is_function(name))
        message = f"there is no function {function}: use one of {', '.join(known)}"
        raise WrongUse(message)
    text = read_text(event)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        message = f"{event} is not JSON: {error}"
        raise WrongUse(message) from None
    name, began_at = target.outputs[output], time.time()
    answer = answer_of(name, text.encode())
    payload = json.loads(answer.payload)
    if answer.is_error and payload.get("errorType") == ANY_ERROR:
        payload["errorType"] = own_error(name, began_at) or ANY_ERROR
    print_json(payload)
    if answer.is_error:
        raise typer.Exit(1)


def _is_function(output: str) -> bool:
    return not output.endswith(("TableName", "BucketName"))


def _snake(output: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in output.removesuffix("Name"))[1:]
