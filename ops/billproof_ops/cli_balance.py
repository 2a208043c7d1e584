"""`billproof balance`: the statement of a customer's balance."""

from datetime import date
from typing import Annotated

import typer

from billproof.model import read_day
from billproof_ops import balances, naming, tables
from billproof_ops.errors import WrongUse
from billproof_ops.printing import AsJson, Entity, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()


@app.command()
def balance(
    account: Annotated[str, typer.Argument(help="The account, such as UA.")],
    *,
    legal_entity: Entity = "",
    first: Annotated[str, typer.Option("--from", help="The first day, such as 2013-01-01; else from the start.")] = "",
    last: Annotated[str, typer.Option("--to", help="The last day, such as 2013-03-31; else to the end.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the balances of a customer: what documents left, and what later invoices drew of it, by currency."""
    target = Target.find()
    entity = naming.account(target, account, legal_entity)
    statements = balances.statements(target, entity, account, first=_day(first), last=_day(last))
    if as_json:
        print_json([statement.model_dump(mode="json") for statement in statements])
        return
    if not statements:
        console.print(f"{account} has no balance")
    for statement in statements:
        amounts = ("Left", "Drawn", "Balance")
        title = f"{account}, {statement.currency}"
        listed = tables.table("Issued", "Document", *amounts, title=title, whole=("Document", *amounts), right=amounts)
        listed.add_row(str(statement.first or ""), "opening", "", "", statement.opening.text)
        for entry in statement.entries:
            change = entry.change
            left, drawn = ("" if amount.is_zero else amount.text for amount in (change.left, change.drawn))
            listed.add_row(str(entry.issue_date), entry.number, left, drawn, change.after.amount.text)
        listed.add_row(str(statement.last or ""), "closing", "", "", statement.closing.text)
        console.print(listed)


def _day(text: str) -> date | None:
    try:
        return read_day(text) if text else None
    except ValueError:
        message = f"{text!r} is not a day, such as 2013-01-31"
        raise WrongUse(message) from None
