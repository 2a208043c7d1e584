"""`billproof exceptions`: what waits for a person, and the person's answer."""

from typing import Annotated

import typer

from billproof.approvals.model import Answer, ExceptionState
from billproof_ops import exceptions, tables
from billproof_ops.printing import AsJson, Entity, Period, Who, console, print_json, show
from billproof_ops.target import Target

app = typer.Typer(no_args_is_help=True, help="Exceptions: held invoices and runs that wait for a person.")
Name = Annotated[str, typer.Argument(help="An exception's id, such as skymeter-inc.2013-01.UA.001.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for whoever reads it next year.")]


@app.command("list")
def list_exceptions(
    *,
    legal_entity: Entity,
    period: Period,
    everything: Annotated[bool, typer.Option("--all", help="Those that are decided, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person in a legal entity and month."""
    found = exceptions.exceptions_of(Target.find(), legal_entity, period, all_of_them=everything)
    if as_json:
        print_json([state.model_dump(mode="json") for state in found])
        return
    listed = tables.table("Exception", "Amount", "Findings", "Status", whole=("Exception", "Amount"), right=("Amount",))
    for state in found:
        codes = ", ".join(dict.fromkeys(finding.code for finding in state.opened.findings))
        listed.add_row(state.opened.id, str(state.opened.amount or "not known"), codes, _status(state))
    console.print(listed if found else "nothing waits")


def _status(state: ExceptionState) -> str:
    if state.decision is not None:
        return f"{state.status} by {state.decision.decided_by}"
    return f"{state.status}, {state.reminders} reminders" if state.reminders else state.status


@app.command("show")
def show_exception(name: Name, *, as_json: AsJson = False) -> None:
    """Show an exception: why it is held, what it is worth, who may decide, what was decided."""
    target = Target.find()
    state = target.ports.exception_store.state(name)
    opened = state.opened
    policy = target.ports.directory.policy(opened.legal_entity)
    able = [person.id for person in policy.deciders(opened.amount, other_than=opened.requested_by)]
    if as_json:
        print_json({**state.model_dump(mode="json"), "may_approve": able})
        return
    console.print(f"[bold]{opened.id}[/] {_status(state)}, raised {opened.opened_at}")
    console.print(f"run {opened.run}, asked for by {opened.requested_by}; amount {opened.amount or 'not known'}")
    for finding in opened.findings:
        console.print(f"{finding.severity} {finding.code} {finding.path}: {finding.message}. {finding.remedy}")
    if not opened.can_approve:
        console.print("There is no document: it cannot be approved, only mended and run again.")
    console.print(f"may approve: {', '.join(able) or 'nobody'}")
    if state.decision is not None:
        taken = state.decision
        console.print(f"{taken.verdict} by {taken.decided_by} at {taken.decided_at}: {taken.reason}")


@app.command()
def approve(name: Name, *, who: Who, reason: Reason, as_json: AsJson = False) -> None:
    """Release what is held, as it is; exit 1 where you may not."""
    _answer(exceptions.decide(Target.find(), name, "approved", decided_by=who, reason=reason), as_json=as_json)


@app.command()
def reject(name: Name, *, who: Who, reason: Reason, as_json: AsJson = False) -> None:
    """Leave an invoice held; plan a held run again, with what has arrived since. Exit 1 where you may not."""
    _answer(exceptions.decide(Target.find(), name, "rejected", decided_by=who, reason=reason), as_json=as_json)


def _answer(answer: Answer, *, as_json: bool) -> None:
    decision = answer.decision
    said = f"{decision.verdict} by {decision.decided_by}" if decision else answer.message
    show(
        answer,
        as_json=as_json,
        text=f"{answer.exception} {said}" if answer.outcome == "decided" else f"[red]refused[/] {answer.message}",
    )
    if answer.outcome != "decided":
        raise typer.Exit(1)


@app.command()
def redrive(name: Name) -> None:
    """Start the workflow of an exception again whose execution failed; to repeat it is safe."""
    console.print(f"started {exceptions.restart(Target.find(), name)}")
