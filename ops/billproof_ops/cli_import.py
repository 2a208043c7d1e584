"""`billproof import`: take over a running business from files, checked against its control totals."""

from pathlib import Path
from typing import Annotated

import typer

from billproof.approvals.taking_over import OpeningOutcome, OpeningState
from billproof.model import decimal_text
from billproof.opening.model import Opening, OpeningTotal
from billproof.opening.problems import OpeningProblem
from billproof.opening.rules import undeclared_credits
from billproof_ops import naming, openings, tables
from billproof_ops.opening_files import read_opening_files, write_report
from billproof_ops.printing import AsJson, Entity, Who, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()
PROBLEMS_SHOWN = 20
DIGEST_SHOWN = 12
Folder = Annotated[Path, typer.Argument(help="A folder with opening.csv, controls.csv and the files of rows.")]
Report = Annotated[Path, typer.Option("--report", help="Where what is wrong is written, as CSV by row and field.")]


@app.command()
def check(folder: Folder, *, report: Report = Path("problems.csv"), who: Who = None, as_json: AsJson = False) -> None:
    """Check the files, against their control totals and the master data. Nothing is kept. Exit 1 if anything is wrong.

    What is wrong is written by file, row and field to the report.
    """
    target = Target.find()
    _, state = _checked(target, folder, report, who, as_json=as_json)
    _show(state, as_json=as_json)


@app.command()
def propose(folder: Folder, *, report: Report = Path("problems.csv"), who: Who = None, as_json: AsJson = False) -> None:
    """Check the files and propose what they say. Nothing takes effect until somebody else confirms it.

    The same files again change nothing.
    """
    target = Target.find()
    opening, _ = _checked(target, folder, report, who, as_json=as_json)
    _show(openings.propose(target, opening, who=who), as_json=as_json)


@app.command()
def confirm(
    *,
    legal_entity: Entity = "",
    digest: Annotated[str, typer.Option("--digest", help="How its digest begins; not needed where there is one.")] = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Confirm what somebody else proposed: numbers go on, customers have their balances, opening entries are posted.

    Again changes nothing, and goes on where it was interrupted.
    """
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    _show(openings.confirm(target, entity, digest, who=who), as_json=as_json)


@app.command("show")
def show_openings(*, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """Show what was proposed, by whom, what it comes to, and what is in effect since when."""
    target = Target.find()
    known = openings.known(target, naming.legal_entity(target, legal_entity))
    if as_json:
        print_json(known.model_dump(mode="json"))
        return
    for proposal in known.proposed:
        is_confirmed = known.confirmed is not None and known.confirmed.digest == proposal.digest
        by = f", confirmed by {known.confirmed.person}" if known.confirmed and is_confirmed else ""
        console.print(f"{proposal.digest[:DIGEST_SHOWN]} proposed by {proposal.person} at {proposal.proposed_at}{by}")
        _show_totals(proposal.first_period, proposal.totals)
    if known.in_effect is not None:
        console.print(f"in effect since {known.in_effect.in_effect_at}: {known.in_effect.first_period} is billed first")
    elif known.confirmed is not None:
        console.print("confirmed and not wholly in effect: confirm it again, and it goes on")
    elif not known.proposed:
        console.print(f"{known.legal_entity} took nothing over")


@app.command("receivables")
def show_receivables(
    *,
    legal_entity: Entity = "",
    account: Annotated[str, typer.Option("--account", help="Of one account only.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the open invoices that were taken over, one by one, as they were then; the one due first comes first."""
    target = Target.find()
    entity = naming.account(target, account, legal_entity) if account else naming.legal_entity(target, legal_entity)
    rows = openings.receivables(target, entity, account)
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    if not rows:
        console.print(f"{account or entity} had no open invoices that were taken over")
        return
    listed = tables.table("Invoice", "Account", "Issued", "Due", "Open", whole=("Invoice", "Open"), right=("Open",))
    for row in rows:
        listed.add_row(row.reference, row.account, str(row.issued), str(row.due), str(row.money))
    console.print(listed)


def _checked(
    target: Target, folder: Path, report: Path, who: str | None, *, as_json: bool
) -> tuple[Opening, OpeningState]:
    """Return what the files say and what the API says of it; ends with exit code 1 where anything is wrong."""
    read = read_opening_files(folder)
    if read.opening is None:
        _refuse(read.problems, report, as_json=as_json)
        raise typer.Exit(1)
    naming.legal_entity(target, read.opening.legal_entity)
    state = openings.check(target, read.opening, who=who)
    problems = (*state.problems, *undeclared_credits(read.opening, target.ports.directory))
    if problems:
        _refuse(problems, report, as_json=as_json)
        raise typer.Exit(1)
    return read.opening, state


def _refuse(problems: tuple[OpeningProblem, ...], report: Path, *, as_json: bool) -> None:
    write_report(report, problems)
    if as_json:
        print_json([problem.model_dump(mode="json") for problem in problems])
        return
    for problem in problems[:PROBLEMS_SHOWN]:
        console.print(str(problem), soft_wrap=True, markup=False)
    console.print(f"{len(problems)} problems: all of them are in {report}", soft_wrap=True)


def _show(state: OpeningState, *, as_json: bool) -> None:
    if as_json:
        print_json(state.model_dump(mode="json"))
        return
    _show_totals(state.first_period, state.totals)
    match state.outcome:
        case OpeningOutcome.CHECKED:
            console.print(f"opening of {state.legal_entity}: nothing is wrong with it")
        case OpeningOutcome.PROPOSED:
            console.print(
                f"opening {state.digest[:DIGEST_SHOWN]} of {state.legal_entity} proposed by {state.proposed_by}: "
                f"somebody else confirms it with billproof import confirm -e {state.legal_entity}",
                soft_wrap=True,
            )
        case OpeningOutcome.IN_EFFECT:
            console.print(
                f"opening {state.digest[:DIGEST_SHOWN]} of {state.legal_entity} proposed by {state.proposed_by}, "
                f"confirmed by {state.confirmed_by}: in effect",
                soft_wrap=True,
            )


def _show_totals(first_period: str, totals: tuple[OpeningTotal, ...]) -> None:
    amounts = ("Rows", "Total", "Booked")
    title = f"From {first_period} on"
    listed = tables.table("Kind", "Currency", *amounts, title=title, whole=amounts, right=amounts)
    for total in totals:
        sums = ("" if amount is None else decimal_text(amount) for amount in (total.total, total.booked))
        listed.add_row(total.kind.value, total.currency or "", str(total.count), *sums)
    console.print(listed)
