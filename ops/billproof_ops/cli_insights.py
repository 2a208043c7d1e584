"""`billproof insights`: how long a month's invoices took, the metrics of days, and what is promised of them."""

from datetime import datetime
from typing import Annotated

import typer

from billproof.insights.reporting import MetricsReport
from billproof_ops import insights, metrics, naming, tables
from billproof_ops.errors import OpsError
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


@app.command()
def days(
    first: Annotated[datetime, typer.Argument(help="The first day, such as 2013-01-01.", formats=["%Y-%m-%d"])],
    last: Annotated[datetime, typer.Argument(help="The last day.", formats=["%Y-%m-%d"])],
    *,
    by_month: Annotated[bool, typer.Option("--by-month", help="One month after the other.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Show the metrics of days that are over, with their targets: as a whole, or month by month."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    reported = metrics.of_days(target, entity, first.date(), last.date(), by_month=by_month)
    _print(reported, as_csv=as_csv, as_json=as_json)


@app.command()
def compare(
    day: Annotated[datetime, typer.Argument(help="The day, such as 2013-03-01.", formats=["%Y-%m-%d"])],
    *,
    length: Annotated[int, typer.Option("--days", help="How many days before it, and from it on.")] = 30,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Show the metrics of some days before a day, and of as many from it on."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    _print(metrics.around(target, entity, day.date(), length), as_csv=as_csv, as_json=as_json)


@app.command()
def promises(*, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """Show which promises of the policy do not hold now: what alarms are raised for."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    kept = metrics.promises_now(target, entity)
    if as_json:
        print_json(kept.model_dump(mode="json"))
        return
    share = "none" if kept.unbilled_percent is None else f"{kept.unbilled_percent} %"
    shown = [
        ("runs missing", ", ".join(kept.runs_missing) or "none"),
        ("postings late", str(kept.postings_late)),
        ("variances overdue", str(kept.variances_overdue)),
        ("not billed of the last month", f"{share}{', over the share' if kept.is_unbilled_over else ''}"),
    ]
    console.print(tables.figures(f"{entity}, now", shown))


@app.command()
def recompute(
    day: Annotated[datetime, typer.Argument(help="The day, such as 2013-01-31.", formats=["%Y-%m-%d"])],
    *,
    legal_entity: Entity = "",
) -> None:
    """Compute a day again from the first record of the audit chain on, and compare it with what is kept."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    rows, is_same = metrics.recompute(target, entity, day.date())
    if not is_same:
        message = f"the figures of {day:%Y-%m-%d} that are kept are not those of the records"
        raise OpsError(message)
    console.print(f"{day:%Y-%m-%d}: {len(rows)} figures, as they are kept")


def _print(reported: MetricsReport, *, as_csv: bool, as_json: bool) -> None:
    if as_json:
        print_json(reported.model_dump(mode="json"))
        return
    if as_csv:
        typer.echo(metrics.csv_of(reported), nl=False)
        return
    for part in reported.ranges:
        title = f"{reported.legal_entity}, {part.first} to {part.last}, {part.days} days"
        console.print(tables.figures(title, metrics.rows(part.metrics)))
