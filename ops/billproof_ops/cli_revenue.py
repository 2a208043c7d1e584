"""`billproof revenue`: deferred revenue and contract assets, and what each month earns."""

from typing import Annotated

import typer

from billproof.erp.recognition import RecognitionResult, waterfall
from billproof_ops import naming, tables
from billproof_ops.printing import AsJson, Entity, Period, console, print_json, verbs

app = verbs()


@app.command()
def recognize(*, legal_entity: Entity = "", period: Period = "", as_json: AsJson = False) -> None:
    """Post what a month earned of deferred revenue, and what it accrued. A second time posts nothing."""
    chosen = naming.any_month(legal_entity, period)
    event = {"legal_entity": chosen.legal_entity, "month": chosen.period}
    payload = chosen.target.call("RecognizeRevenueName", event)
    (done,) = RecognitionResult.model_validate(payload).months
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    console.print(
        f"{chosen.legal_entity} {chosen.period}: {done.earned} earned, contract assets {done.accrued}, "
        f"{done.documents} documents, {done.posted} posted now"
    )


@app.command("waterfall")
def show_waterfall(
    *,
    legal_entity: Entity = "",
    period: Period = "",
    months: Annotated[int, typer.Option(min=1, max=120, help="How many months to show.")] = 12,
    as_json: AsJson = False,
) -> None:
    """Show deferred revenue and contract assets month by month. Computed from the documents.

    Deferred revenue: opening, deferred, earned, closing. Contract assets: opening, change, closing.
    """
    chosen = naming.any_month(legal_entity, period)
    ports = chosen.target.ports
    waterfall_months = waterfall(
        legal_entity=chosen.legal_entity,
        first=chosen.period,
        months=months,
        directory=ports.directory,
        register=ports.register,
        objects=ports.objects,
    )
    if as_json:
        print_json([month.model_dump(mode="json") for month in waterfall_months])
        return
    currency = waterfall_months[0].opening.currency
    amounts = ("Opening", "Deferred", "Earned", "Closing")
    listed = tables.table(
        "Month", *amounts, title=f"Deferred revenue of {chosen.legal_entity}, {currency}", whole=amounts, right=amounts
    )
    for month in waterfall_months:
        listed.add_row(month.month, month.opening.text, month.deferred.text, (-month.earned).text, month.closing.text)
    console.print(listed)
    moves = ("Opening", "Change", "Closing")
    listed = tables.table(
        "Month", *moves, title=f"Contract assets of {chosen.legal_entity}, {currency}", whole=moves, right=moves
    )
    for month in waterfall_months:
        listed.add_row(month.month, month.assets_opening.text, month.assets_change.text, month.assets_closing.text)
    console.print(listed)
