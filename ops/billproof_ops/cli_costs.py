"""`billproof costs`: what a company's month costs on AWS. It needs no AWS."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from billproof.model import what_is_wrong
from billproof_ops.errors import WrongUse
from billproof_ops.printing import AsJson, verbs

if TYPE_CHECKING:
    from billproof_ops.costs.estimate import Company
    from billproof_ops.costs.prices import Prices

app = verbs()


@app.command()
def costs(  # one option for each thing that a bill grows with
    *,
    events: Annotated[int, typer.Option("--events", min=0, help="Usage events a month.")],
    accounts: Annotated[int, typer.Option("--accounts", min=1, help="Accounts.")],
    invoices: Annotated[int | None, typer.Option("--invoices", min=0, help="Invoices; else one an account.")] = None,
    lines: Annotated[int, typer.Option("--lines", min=1, help="Lines of an invoice.")] = 4,
    days: Annotated[int, typer.Option("--days", min=1, help="For how many days data is kept.")] = 400,
    log_days: Annotated[int, typer.Option("--log-days", min=1, help="For how many days logs are kept.")] = 90,
    entities: Annotated[int, typer.Option("--legal-entities", min=1, help="Legal entities: each has a run.")] = 1,
    events_a_call: Annotated[
        int, typer.Option("--events-a-call", min=1, help="Events that a call of ingestion takes.")
    ] = 5_000,
    buckets: Annotated[int, typer.Option("--buckets", min=1, help="The parameter BucketCount.")] = 16,
    scans: Annotated[int, typer.Option("--athena-scans", min=0, help="Scans of the month by Athena.")] = 1,
    webhooks: Annotated[int, typer.Option("--webhooks", min=0, help="Webhook endpoints that want every event.")] = 0,
    unbilled_minutes: Annotated[
        int, typer.Option("--unbilled-every-minutes", min=0, help="The parameter UnbilledEveryMinutes.")
    ] = 60,
    mail: Annotated[bool, typer.Option("--mail", help="Invoices are mailed.")] = False,
    prices: Annotated[Path | None, typer.Option("--prices", help="A file of prices; else those of us-east-1.")] = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what a month costs on AWS, and where each dollar goes.

    Prices are list prices without free tiers; docs/costs.md says what is counted, measured and assumed.
    """
    from billproof_ops.costs.estimate import Company

    company = Company(
        events=events,
        accounts=accounts,
        invoices=accounts if invoices is None else invoices,
        lines=lines,
        days=days,
        log_days=log_days,
        legal_entities=entities,
        events_a_call=events_a_call,
        buckets=buckets,
        scans=scans,
        webhooks=webhooks,
        unbilled_minutes=unbilled_minutes,
        sends_mail=mail,
    )
    _show(company, _prices(prices), as_json=as_json)


def _show(company: "Company", used: "Prices", *, as_json: bool) -> None:
    from billproof_ops.costs.estimate import Measured, estimate
    from billproof_ops.costs.showing import show, to_json
    from billproof_ops.printing import console, print_json

    estimated = estimate(company, prices=used, measured=Measured.read())
    if as_json:
        print_json(to_json(estimated, used))
    else:
        console.print(*show(estimated, used), sep="\n")


def _prices(path: Path | None) -> "Prices":
    """Read prices; raises WrongUse for a file that holds none."""
    from billproof_ops.costs.prices import Prices

    try:
        return Prices.read(path)
    except ValidationError as error:
        message = f"{path}: {what_is_wrong(error)}"
        raise WrongUse(message) from None
