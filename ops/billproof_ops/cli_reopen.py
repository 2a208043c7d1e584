"""`billproof reopen`: ask for a closed month to be reopened, which another person decides."""

from typing import Annotated

import typer

from billproof_ops import closing, naming
from billproof_ops.printing import AsJson, Entity, Who, show, verbs

app = verbs()


@app.command()
def reopen(
    month: Annotated[str, typer.Argument(help="The month, such as 2013-01.")],
    *,
    legal_entity: Entity = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; it is stored.")],
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a closed month to take runs and documents again; somebody else without a limit approves it.

    The latest closed month is reopened first. It is safe to repeat: while one waits, that one is shown.
    """
    named = naming.any_month(legal_entity, month)
    closed = closing.ask_to_reopen(named.target, named.legal_entity, named.period, reason=reason, who=who)
    command = f"billproof exceptions approve {closed.reopening}"
    text = f"{closed.period} stays closed until another person approves: {command}"
    show(closed, as_json=as_json, text=text)
