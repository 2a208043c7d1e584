"""`billproof incidents`: what exceptions of a month share, and one decision for all of them."""

from collections.abc import Sequence
from typing import Annotated

import typer

from billproof.approvals.model import Answer, AnswerOutcome
from billproof.insights.incidents.model import Incident
from billproof_ops import incidents, naming, tables
from billproof_ops.errors import WrongUse
from billproof_ops.printing import AsJson, Entity, Period, Reason, Who, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()
Name = Annotated[str, typer.Argument(help="An incident's id, as billproof incidents list prints it.")]


@app.command("list")
def list_incidents(
    *,
    legal_entity: Entity = "",
    period: Period = "",
    everything: Annotated[bool, typer.Option("--all", help="Include those that are decided.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what several exceptions of a legal entity and month share, those first that explain the most."""
    month = naming.billed_month(legal_entity, period)
    known = incidents.of_month(month.target, month.legal_entity, month.period)
    shown = [incident for incident in known.incidents if everything or incident.waiting]
    if as_json:
        print_json([incident.model_dump(mode="json") for incident in shown])
        return
    listed = tables.table("Incident", "Wait", "Amount", "Since", whole=("Incident",), right=("Wait", "Amount"))
    for incident in shown:
        since = incident.first_bad or f"raised {incident.opened_at}"
        listed.add_row(incident.id, f"{incident.waiting} of {incident.exceptions}", _worth(incident), since)
    console.print(listed if shown else "no exceptions share anything")
    if known.alone:
        console.print(f"{known.alone} exceptions are in no incident: billproof exceptions list")
    if known.left_out or known.unreadable:
        console.print(f"not looked at: {known.left_out} accounts, {len(known.unreadable)} objects that do not read")


def _worth(incident: Incident) -> str:
    known = [str(amount) for amount in incident.amounts]
    unknown = [f"{incident.unknown_amounts} not known"] if incident.unknown_amounts else []
    return ", ".join([*known, *unknown]) or "nothing waits"


@app.command("show")
def show_incident(name: Name, *, as_json: AsJson = False) -> None:
    """Show an incident: what is shared, why that explains it, what to do, and each exception."""
    incident, states = incidents.named(Target.find(), name)
    if as_json:
        print_json(
            {"incident": incident.model_dump(mode="json"), "items": [state.model_dump(mode="json") for state in states]}
        )
        return
    console.print(f"[bold]{incident.id}[/] {incident.waiting} of {incident.exceptions} wait, {_worth(incident)}")
    console.print(incident.says, markup=False)
    console.print(f"remedy: {incident.remedy}", markup=False)
    listed = tables.table("Exception", "Amount", "Status", whole=("Exception", "Amount"), right=("Amount",))
    for state in states:
        listed.add_row(state.opened.id, str(state.opened.amount or "not known"), state.status)
    console.print(listed)


@app.command()
def decide(
    name: Name,
    *,
    reason: Reason,
    approve: Annotated[bool, typer.Option("--approve", help="Approve each exception.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Reject each exception.")] = False,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Decide every exception of an incident that waits, each within your limits. Exit 1 if one of them is refused."""
    if approve == reject:
        message = "say either --approve or --reject"
        raise WrongUse(message)
    verdict = "approved" if approve else "rejected"
    answers: list[Answer] = []
    try:
        answers.extend(incidents.decide(Target.find(), name, verdict, who=who, reason=reason))
    except Exception:
        if answers:  # what was decided before a call failed is decided
            _tell(answers, verdict, as_json=as_json)
        raise
    _tell(answers, verdict, as_json=as_json)
    if any(answer.outcome is not AnswerOutcome.DECIDED for answer in answers):
        raise typer.Exit(1)


def _tell(answers: Sequence[Answer], verdict: str, *, as_json: bool) -> None:
    if as_json:
        print_json([answer.model_dump(mode="json") for answer in answers])
        return
    refused = [answer for answer in answers if answer.outcome is not AnswerOutcome.DECIDED]
    console.print(f"{len(answers) - len(refused)} of {len(answers)} {verdict}; billproof status says what waits")
    for answer in refused:
        console.print(f"[red]refused[/] {answer.exception} {answer.message}", soft_wrap=True)
