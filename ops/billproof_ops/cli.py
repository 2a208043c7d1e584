"""The `billproof` command. Every verb prints tables, or JSON with --json; errors are one clear line.

Exit codes: 0 done, 1 it could not be done, 2 wrong use.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from billproof.adapters.aws.clients import client
from billproof.errors import BillproofError, InvalidInput
from billproof_ops import (
    billing,
    cli_audit,
    cli_balance,
    cli_contracts,
    cli_dead_letters,
    cli_exceptions,
    cli_invoices,
    cli_policy,
    cli_price,
    cli_quarantine,
    cli_revenue,
    tables,
)
from billproof_ops import replay as replays
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.local import server, stack
from billproof_ops.printing import AsJson, Entity, Period, Who, console, fail, print_json, read_text, show, show_proof
from billproof_ops.target import Target

app = typer.Typer(
    no_args_is_help=True,
    help="Billproof: invoices from contracts and usage, with proof that nothing is missing.",
    add_completion=False,
)
local = typer.Typer(no_args_is_help=True, help="The embedded AWS on this machine.")
run = typer.Typer(no_args_is_help=True, help="Billing runs.")
app.add_typer(local, name="local")
app.add_typer(run, name="run")
app.add_typer(cli_invoices.app, name="invoice")
app.add_typer(cli_contracts.app, name="contract")
app.add_typer(cli_dead_letters.app, name="dlq")
app.add_typer(cli_exceptions.app, name="exceptions")
app.add_typer(cli_quarantine.app, name="quarantine")
app.add_typer(cli_revenue.app, name="revenue")
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_policy.app, name="policy")
app.command("balance")(cli_balance.balance)
app.command("price")(cli_price.price)
app.command("simulate")(cli_invoices.simulate)


@local.command()
def up(*, as_json: AsJson = False) -> None:
    """Start the embedded AWS and deploy template.yaml to it. If it is already up, deploy what has changed."""
    local_stack = stack.up()
    text = f"up at {local_stack.endpoint}, {'deployed' if local_stack.deployed else 'nothing to deploy'}"
    if local_stack.state_wiped:
        text += "; the saved state was incomplete or of another version, and was deleted"
    show(local_stack, as_json=as_json, text=text)


@local.command()
def down() -> None:
    """Stop the embedded AWS and keep its state for the next start."""
    console.print("stopped" if server.stop() else "it was not up")


@local.command()
def status(*, as_json: AsJson = False) -> None:
    """Show whether the embedded AWS is up, and how many messages its queues have."""
    running_server = server.running()
    if running_server is None:
        print_json({"up": False}) if as_json else console.print("down")
        return
    target = Target.find()
    queues = {name: target.queue_depth(name) for name in sorted(target.outputs) if name.endswith("QueueUrl")}
    if as_json:
        print_json({"up": True, "endpoint": running_server.endpoint, "pid": running_server.pid, "queues": queues})
        return
    table = Table("Queue", "Messages", title=f"up at {running_server.endpoint}, pid {running_server.pid}")
    for name, depth in queues.items():
        table.add_row(name.removesuffix("Url"), str(depth))
    console.print(table)


@local.command()
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
    answer = client("lambda").invoke(FunctionName=target.outputs[output], Payload=text.encode())
    payload = answer["Payload"].read().decode()
    console.print_json(payload)
    if answer.get("FunctionError"):
        raise typer.Exit(1)


def _is_function(output: str) -> bool:
    return not output.endswith(("TableName", "BucketName"))


def _snake(output: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in output.removesuffix("Name"))[1:]


@app.command()
def demo(
    *,
    period: Annotated[str, typer.Option("--period", "-p", help="A month of 2013, or 2013 for all twelve.")] = "2013-01",
    keep_up: Annotated[bool, typer.Option("--keep-up", help="Leave the embedded AWS up at the end.")] = False,
) -> None:
    """Bill a month of real flights, from contracts to reconciliation, and write the results to build/demo/."""
    from billproof_ops.demo.command import play

    play(period, console=console, keep_up=keep_up)


@run.command()
def start(
    *,
    legal_entity: Entity,
    period: Period,
    who: Who = None,
    account: Annotated[list[str] | None, typer.Option("--account", help="Only this account; may be repeated.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait until the run has ended.")] = True,
    as_json: AsJson = False,
) -> None:
    """Start the next run of a legal entity and month, unless one is running. It is safe to repeat.

    The person who starts a run cannot decide its exceptions.
    """
    target = Target.find()
    started = billing.start_run(target, legal_entity, period, who=who, only_accounts=account or ())
    if wait:
        billing.wait_for_run(target, started.run_id)
    state = billing.run_state(target, started.run_id)
    verb = "started" if started.started else "was already running"
    show(state, as_json=as_json, text=f"{started.run_id} {verb}: {state.status}")


@run.command("sign-off")
def sign_off(
    *,
    legal_entity: Entity,
    period: Period,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Sign a month off, for ever: it takes no further run, and a later month bills what is still owed for it.

    A month that still accepts usage is refused, and one whose run, or that of the month before, has not closed.
    It is safe to repeat.
    """
    signed = billing.sign_off(Target.find(), legal_entity, period, who=who)
    show(signed, as_json=as_json, text=f"{period} was signed off by {signed.signed_by} at {signed.signed_at}")


@run.command("status")
def run_status(
    run_id: Annotated[str, typer.Argument(help="The run, such as skymeter-inc-2013-01-001.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show the status of a run."""
    state = billing.run_state(Target.find(), run_id)
    show(state, as_json=as_json, text=f"{state.run_id}: {state.status}" + (f" ({state.cause})" if state.cause else ""))


@run.command()
def report(
    run_id: Annotated[str, typer.Argument(help="The run, such as skymeter-inc-2013-01-001.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print the statement of a closed run."""
    statement = billing.run_report(Target.find(), run_id)
    if as_json:
        show(statement, as_json=True, text="")
        return
    console.print(tables.run_statement(statement))
    if statement.quarantine:
        console.print(tables.quarantine(statement.quarantine))
    for finding in statement.findings:
        console.print(f"{finding.severity} {finding.code} {finding.account}: {finding.message}. {finding.remedy}")


@run.command()
def redrive(
    run_id: Annotated[str, typer.Argument(help="A failed run, such as skymeter-inc-2013-01-001.")],
    *,
    who: Who = None,
) -> None:
    """Continue a failed run. If the endpoint cannot redrive executions, start the next run of its month."""
    console.print(billing.redrive_run(Target.find(), run_id, who=who))


@run.command()
def balance(
    run_id: Annotated[str, typer.Argument(help="A closed run, such as skymeter-inc-2013-01-001.")],
    *,
    account: Annotated[str, typer.Option("--account", help="Only this account.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print the conservation statement, in events and in money. Exit 1 if anything is unaccounted for."""
    from billproof.conservation.service import balance_run

    statement = balance_run(run_id, stores=billing.stores(Target.find()))
    equations = statement.equations
    if account:
        balances = {balance.account: balance for balance in statement.accounts}
        if account not in balances:
            message = f"run {run_id} did not bill {account}"
            raise OpsError(message)
        equations = balances[account].equations
    if as_json:
        print_json(statement.model_dump(mode="json"))
    else:
        console.print(tables.equations(equations, title=f"{run_id} {account}".strip()))
        places = [place for place in statement.quarantine if account in {"", place.place}]
        if places:
            console.print(tables.quarantine(places))
    if not statement.balances:
        raise typer.Exit(1)


@run.command("prove")
def prove_a_run(
    run_id: Annotated[str, typer.Argument(help="A closed run, such as skymeter-inc-2013-01-001.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Compute a closed run again from the usage log and the contracts.

    Exit 1 if anything stored differs, or is not posted yet.
    """
    from billproof.proof.service import prove_run

    show_proof(prove_run(run_id, stores=billing.stores(Target.find())), as_json=as_json)


@app.command()
def replay(
    start: Annotated[str, typer.Option("--from", help="First arrival time to replay, with a time zone.")],
    end: Annotated[str, typer.Option("--to", help="End of the window, exclusive, with a time zone.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Send the events again that arrived over the usage bus in a window. Duplicates are not counted twice."""
    started_replay = replays.start_replay(Target.find(), replays.moment(start), replays.moment(end))
    show(
        started_replay,
        as_json=as_json,
        text=f"{started_replay.name}: {started_replay.state}, {started_replay.start} to {started_replay.end}",
    )


def main() -> None:
    """Run the command. Print an error that the user can correct in one line."""
    try:
        app()
    except (WrongUse, InvalidInput) as error:
        fail(error, 2)
    except (OpsError, BillproofError) as error:
        fail(error, 1)
    except (ClientError, BotoCoreError) as error:
        fail(f"AWS: {error}", 1)
