"""`billproof exceptions`: list, show and decide what waits for a decision."""

from typing import Annotated

import typer

from billproof.approvals.model import Answer, ExceptionState
from billproof_ops import exceptions, naming, tables
from billproof_ops.printing import AsJson, Entity, Period, Reason, Who, console, print_json, show, verbs
from billproof_ops.target import Target

app = verbs()
Name = Annotated[str, typer.Argument(help="An exception's id, such as skymeter-inc.2013-01.UA.001.")]


@app.command("list")
def list_exceptions(
    *,
    legal_entity: Entity = "",
    period: Period = "",
    everything: Annotated[bool, typer.Option("--all", help="Include decided ones.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the exceptions of a legal entity and month that wait for a decision."""
    month = naming.billed_month(legal_entity, period)
    states = exceptions.exceptions_of(month.target, month.legal_entity, month.period, all_of_them=everything)
    if as_json:
        print_json([state.model_dump(mode="json") for state in states])
        return
    listed = tables.table("Exception", "Amount", "Findings", "Status", whole=("Exception", "Amount"), right=("Amount",))
    for state in states:
        codes = ", ".join(dict.fromkeys(finding.code for finding in state.opened.findings))
        listed.add_row(state.opened.id, str(state.opened.amount or "not known"), codes, _status(state))
    console.print(listed if states else "nothing waits")


def _status(state: ExceptionState) -> str:
    if state.decision is not None:
        return f"{state.status} by {state.decision.decided_by}"
    return f"{state.status}, {state.reminders} reminders" if state.reminders else state.status


@app.command("show")
def show_exception(name: Name, *, as_json: AsJson = False) -> None:
    """Show an exception: findings, amount, who may decide, and the decision."""
    target = Target.find()
    state = target.ports.exception_store.state(naming.exception(target, name))
    opened = state.opened
    able = [] if state.decision else exceptions.able_people_now(target, opened)
    if as_json:
        print_json({**state.model_dump(mode="json"), "may_approve": able})
        return
    console.print(f"[bold]{opened.id}[/] {_status(state)}, raised {opened.opened_at}")
    console.print(f"run {opened.run}, asked for by {opened.requested_by}; amount {opened.amount or 'not known'}")
    for finding in opened.findings:
        console.print(f"{finding.severity} {finding.code} {finding.path}: {finding.message}. {finding.remedy}")
    places = exceptions.quarantine_of_case(target, opened)
    if places:
        console.print(tables.quarantine(places))
    if not opened.can_approve:
        console.print("There is no document to approve: remove the cause and run the period again.")
    for note in target.ports.exception_store.notes(opened.id):
        said = f"{note.kind} {note.assignee or ''} {note.until or ''} {note.text}"
        console.print(f"{note.noted_at} {note.noted_by}: {' '.join(said.split())}", markup=False)
    if state.decision is None:
        console.print(f"may approve: {', '.join(able) or 'nobody'}")
    else:
        taken = state.decision
        console.print(f"{taken.verdict} by {taken.decided_by} at {taken.decided_at}: {taken.reason}")


@app.command()
def approve(name: Name, *, reason: Reason, who: Who = None, as_json: AsJson = False) -> None:
    """Approve: release what is held as it is, and wait until it is. Exit 1 if the decision is refused."""
    _decide(name, "approved", who=who, reason=reason, as_json=as_json)


@app.command()
def reject(name: Name, *, reason: Reason, who: Who = None, as_json: AsJson = False) -> None:
    """Reject: the invoice stays held, or the held run is planned again. Exit 1 if the decision is refused."""
    _decide(name, "rejected", who=who, reason=reason, as_json=as_json)


def _decide(name: str, verdict: str, *, who: str | None, reason: str, as_json: bool) -> None:
    target = Target.find()
    answer = exceptions.decide(target, naming.exception(target, name), verdict, who=who, reason=reason)
    _answer(answer, as_json=as_json)
    if not exceptions.has_ended(target, answer.exception):
        typer.echo("the decision stands, and is not carried out yet: billproof status says what waits", err=True)


def _answer(answer: Answer, *, as_json: bool) -> None:
    decision = answer.decision
    said = f"{decision.verdict} by {decision.decided_by}" if decision else ""
    said += f": {answer.message}" if answer.message else ""
    show(
        answer,
        as_json=as_json,
        text=f"{answer.exception} {said}" if answer.outcome == "decided" else f"[red]refused[/] {answer.message}",
    )
    if answer.outcome != "decided":
        raise typer.Exit(1)


@app.command()
def redrive(name: Name, *, who: Who = None) -> None:
    """Start the workflow of an exception again after its execution failed. It is safe to repeat."""
    target = Target.find()
    console.print(f"started {exceptions.redrive(target, naming.exception(target, name), who=who)}")
