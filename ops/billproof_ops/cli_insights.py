"""`billproof insights`: how long a month's invoices took, how many needed a person, and why."""

from typing import Annotated

import typer

from billproof_ops import insights, naming, tables
from billproof_ops.printing import AsJson, Entity, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()
RIGHT = ("Exceptions", "Open")


@app.callback()
def _all() -> None:
    """How a month went: how long its invoices took, what needed a person, and why."""


@app.command()
def process(
    month: Annotated[str, typer.Argument(help="The month, such as 2013-01.")],
    *,
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Show how long the steps of a month's invoices took, how many went without a human hand, and what held others."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    measured = insights.process(target, entity, month)
    if as_json:
        print_json(measured.model_dump(mode="json"))
        return
    console.print(tables.figures(f"{entity}, {measured.period}", insights.rows(measured)))
    if measured.causes:
        held = tables.table(
            "Finding", "Exceptions", "Open", "At risk", whole=("Finding",), right=("Exceptions", "Open")
        )
        for cause in measured.causes:
            amounts = ", ".join(amount.text for amount in cause.at_risk)
            held.add_row(cause.finding, str(cause.number), str(cause.open), amounts or "not known")
        console.print(held)
