"""`billproof disputes`: what customers dispute of their invoices, and what is decided."""

from typing import Annotated

import typer

from billproof.findings import Owner
from billproof.receivables.disputes import DisputeCause, DisputeVerdict
from billproof_ops import disputes, naming, tables
from billproof_ops.printing import AsJson, Entity, Who, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()


@app.command("open")
def open_dispute(
    invoice: Annotated[str, typer.Argument(help="The invoice's id, such as skymeter-inc.2013-01.UA.")],
    *,
    line: Annotated[str, typer.Option("--line", help="The line's id; without it the whole invoice.")] = "",
    contract: Annotated[
        str, typer.Option("--contract", help="Its contract, where two have lines of that name on the invoice.")
    ] = "",
    amount: Annotated[str, typer.Option("--amount", help="A net amount of the line; without it all of it.")] = "",
    cause: Annotated[DisputeCause, typer.Option("--cause", help="Why it is disputed.")],
    owner: Annotated[Owner, typer.Option("--owner", help="The team that decides it.")],
    deadline: Annotated[str, typer.Option("--deadline", help="The day by which it is decided, such as 2013-03-31.")],
    reason: Annotated[str, typer.Option("--reason", help="What the customer says; it is stored.")],
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Note that a customer disputes an invoice, a line or a part of it: that is not reminded of."""
    wanted = {
        "invoice": invoice,
        "line": line or None,
        "contract": contract or None,
        "amount": amount or None,
        "cause": cause.value,
        "owner": owner.value,
        "deadline": deadline,
        "reason": reason,
    }
    answer = disputes.open_dispute(Target.find(), wanted, who=who)
    if as_json:
        print_json(answer)
    else:
        console.print(disputes.answer_line(answer), soft_wrap=True)


@app.command()
def resolve(
    account: Annotated[str, typer.Argument(help="The account, such as UA.")],
    dispute: Annotated[int, typer.Argument(help="The dispute's number, as `disputes list` shows it.")],
    verdict: Annotated[DisputeVerdict, typer.Argument(help="Whether the customer is right.")],
    *,
    amount: Annotated[str, typer.Option("--amount", help="The net amount that is credited, where it is partial.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; it is stored, and on the credit note.")],
    legal_entity: Entity = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Decide a dispute: what is upheld is credited, once somebody else approves the credit note."""
    target = Target.find()
    wanted = {
        "legal_entity": naming.account(target, account, legal_entity),
        "account": account,
        "dispute": str(dispute),
        "verdict": verdict.value,
        "amount": amount or None,
        "reason": reason,
    }
    answer = disputes.resolve(target, wanted, who=who)
    if as_json:
        print_json(answer)
    else:
        console.print(disputes.answer_line(answer), soft_wrap=True)


@app.command("list")
def list_disputes(
    *,
    legal_entity: Entity = "",
    every: Annotated[bool, typer.Option("--all", help="With those that are rejected or credited.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what customers dispute: the amount, the cause, who decides and by when."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    rows = list(disputes.rows(target, entity, only_waiting=not every))
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    listed = tables.table(
        "Account", "", "Invoice", "Amount", "Cause", "Status", "Owner", "Deadline", whole=("Amount",), right=("Amount",)
    )
    for row in rows:
        numbers = (row.account, str(row.dispute), row.number, row.amount)
        listed.add_row(*numbers, row.cause, row.status, row.owner, row.deadline)
    console.print(listed if rows else "nothing is disputed")
