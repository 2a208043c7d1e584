"""`billproof run`: start a billing run, watch it, read its statement, prove it."""

from typing import Annotated

import typer

from billproof.conservation.service import balance_run
from billproof_ops import billing, naming, tables
from billproof_ops.printing import AsJson, Entity, Period, Who, console, print_json, show, show_proof, verbs
from billproof_ops.proving import prove
from billproof_ops.queues import wait_until_empty
from billproof_ops.target import Target
from billproof_ops.watching import watch

app = verbs()
POSTING_SECONDS = 600


@app.command()
def start(
    *,
    legal_entity: Entity = "",
    period: Period = "",
    who: Who = None,
    account: Annotated[list[str] | None, typer.Option("--account", help="Only this account; may be repeated.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait until the run has ended.")] = True,
    as_json: AsJson = False,
) -> None:
    """Start the next run of a legal entity and month, unless one is running. It is safe to repeat.

    The person who starts a run cannot decide its exceptions.
    """
    month = naming.month_to_bill(legal_entity, period)
    target = month.target
    for name in account or ():
        naming.account(target, name, month.legal_entity)
    started = billing.start_run(target, month.legal_entity, month.period, who=who, only_accounts=account or ())
    if wait:
        watch(target, started.run_id, console=console, quiet=as_json)
    state = billing.run_state(target, started.run_id)
    verb = "started" if started.started else "was already running"
    show(state, as_json=as_json, text=f"{started.run_id} {verb}: {state.status}")


@app.command("watch")
def watch_run(
    run_id: Annotated[str, typer.Argument(help="The run, such as skymeter-inc-2013-01-001.")],
) -> None:
    """Watch a run until it is over: how far it is, and for whom it waits. Exit 1 if it did not succeed."""
    target = Target.find()
    watch(target, naming.run(target, run_id), console=console)
    console.print(f"{run_id}: {billing.run_state(target, run_id).status}")


@app.command("status")
def run_status(
    run_id: Annotated[str, typer.Argument(help="The run, such as skymeter-inc-2013-01-001.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show the status of a run."""
    target = Target.find()
    state = billing.run_state(target, naming.run(target, run_id))
    show(state, as_json=as_json, text=f"{state.run_id}: {state.status}" + (f" ({state.cause})" if state.cause else ""))


@app.command()
def report(
    run_id: Annotated[str, typer.Argument(help="The run, such as skymeter-inc-2013-01-001.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print the statement of a closed run, and what came after: invoices released since, ids that other runs share."""
    target = Target.find()
    statement = billing.run_report(target, naming.run(target, run_id))
    if as_json:
        show(statement, as_json=True, text="")
        return
    console.print(tables.run_statement(statement, released_since=billing.released_since(target, statement)))
    if statement.quarantine:
        console.print(tables.quarantine(statement.quarantine))
    for finding in (*statement.findings, *billing.shared_since(target, statement.run)):
        console.print(f"{finding.severity} {finding.code} {finding.account}: {finding.message}. {finding.remedy}")


@app.command()
def redrive(
    run_id: Annotated[str, typer.Argument(help="A failed run, such as skymeter-inc-2013-01-001.")],
    *,
    who: Who = None,
) -> None:
    """Continue a failed run. If the endpoint cannot redrive executions, start the next run of its month.

    That run bills the accounts that the failed one was to bill.
    """
    target = Target.find()
    console.print(billing.redrive_run(target, naming.run(target, run_id), who=who))


@app.command()
def balance(
    run_id: Annotated[str, typer.Argument(help="A closed run, such as skymeter-inc-2013-01-001.")],
    *,
    account: Annotated[str, typer.Option("--account", help="Only this account.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print the conservation statement, in events and in money. Exit 1 if anything is unaccounted for."""
    target = Target.find()
    statement = balance_run(naming.run(target, run_id), stores=target.ports.stores())
    equations = statement.equations
    if account:
        balances = {balance.account: balance for balance in statement.accounts}
        if account not in balances:
            naming.refuse_unknown(f"account that {run_id} billed:", account, balances.keys())
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


@app.command("prove")
def prove_a_run(
    run_id: Annotated[str, typer.Argument(help="A closed run, such as skymeter-inc-2013-01-001.")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the queue of postings is empty.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compute a closed run again from the usage log and the contracts.

    Exit 1 if anything stored differs, or is not posted yet. Large runs are proved by as many processes as there are
    CPUs; stderr says how far it is.
    """
    target = Target.find()
    naming.run(target, run_id)
    if wait:
        wait_until_empty(target, "ErpPostingsQueueUrl", what="posting", timeout_seconds=POSTING_SECONDS)
    show_proof(prove(target, run_id), as_json=as_json)
