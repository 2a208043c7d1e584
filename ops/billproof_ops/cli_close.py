"""`billproof close`: a month that takes no further run, and no document that is dated in it."""

from typing import Annotated

import typer

from billproof_ops import closing, naming
from billproof_ops.api import RefusedCall
from billproof_ops.printing import AsJson, Entity, Who, console, show, verbs

app = verbs()


@app.command()
def close(
    month: Annotated[str, typer.Argument(help="The month, such as 2013-01; without it the only open one.")] = "",
    *,
    legal_entity: Entity = "",
    point: Annotated[
        list[str] | None, typer.Option("--point", help="A variance that the month is closed with; may be repeated.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it is closed with them; it is stored.")] = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Reconcile a month and the one before, and close it if it balances, or if each variance is named and answered for.

    A closed month takes no further run and no document that is dated in it: a later month bills what is still owed.
    Refused are a month that still accepts usage, and one whose run, or that of the month before, has not closed. What
    is open is listed then. It is safe to repeat.
    """
    named = naming.any_month(legal_entity, month)
    target, entity, period = named.target, named.legal_entity, named.period
    reports = closing.reconcile_to_close(target, entity, period)
    try:
        closed = closing.close(target, entity, period, open_points=point or (), reason=reason, who=who)
    except RefusedCall:
        if any(report.variances for report in reports) and not as_json:
            console.print(closing.variance_table(reports))
        raise
    with_points = f", with {len(closed.open_points)} open points" if closed.open_points else ""
    text = f"{closed.period} was signed off by {closed.signed_by} at {closed.signed_at}{with_points}"
    show(closed, as_json=as_json, text=text)
