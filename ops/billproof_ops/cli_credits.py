"""`billproof invoice credit`: ask for a credit note or write-off."""

import re
from typing import Annotated

import typer
from pydantic import ValidationError

from billproof.ids import digest
from billproof.invoicing.credit_requests import CreditReason, WantedCredit
from billproof_ops import billing, exceptions
from billproof_ops.errors import WrongUse
from billproof_ops.printing import AsJson, Who, show
from billproof_ops.target import Target

Line = Annotated[
    list[str] | None,
    typer.Option(
        "--line",
        help="A line, such as miles:2013-01, with =AMOUNT or *QUANTITY for a part of it; may be repeated. "
        "CONTRACT/LINE if two contracts on the invoice have lines of the same name. "
        "Without this option, all that is left of the invoice is credited.",
    ),
]
Balance = Annotated[
    bool,
    typer.Option(
        "--balance",
        help="The invoice is paid: leave all of it to the customer's balance, which later invoices draw. "
        "Without this option it takes off what is open of the invoice first.",
    ),
]
Rebill = Annotated[bool, typer.Option("--rebill", help="Bill the credited lines again with the next invoice.")]
Refund = Annotated[bool, typer.Option("--refund", help="Write on the document that the money is to be refunded.")]
FirstDay = Annotated[str, typer.Option("--from", help="The first day that it is for, such as 2013-01-15; with --to.")]
EndDay = Annotated[str, typer.Option("--to", help="The first day that it is no longer for, such as 2013-02-01.")]


def credit_an_invoice(
    name: Annotated[str, typer.Argument(help="A number or an id, as for show.")],
    *,
    reason: Annotated[CreditReason, typer.Option(help="Why. uncollectible makes a write-off.")],
    note: Annotated[str, typer.Option(help="What happened, for the customer and the approver.")],
    who: Who = None,
    line: Line = None,
    first_day: FirstDay = "",
    end_day: EndDay = "",
    rebill: Rebill = False,
    refund: Refund = False,
    to_balance: Balance = False,
    as_json: AsJson = False,
) -> None:
    """Request a credit note or write-off. Somebody else must approve it before it is released.

    The same request again returns the existing one. Approve it with `billproof exceptions approve`.
    """
    target = Target.find()
    terms = {
        "invoice": billing.find_release(target, name).invoice,
        "reason": reason.value,
        "note": note,
        "lines": [line_credit(text) for text in line or ()],
        "rebill": rebill,
        "refund": refund,
        **({"to_balance": True} if to_balance else {}),
        **({"days": {"start": first_day, "end": end_day}} if first_day or end_day else {}),
    }
    try:
        request = WantedCredit.model_validate({"id": f"C-{digest(terms)[:12]}", **terms})
    except ValidationError as error:
        message = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise WrongUse(message) from None
    requested = exceptions.ask_for_credit(target, request, who=who)
    status = f"waits for approval as {requested.exception}"
    if requested.outcome != "waiting":
        status = f"was {requested.outcome} as {requested.exception}; use another note to make a new request"
    show(requested, as_json=as_json, text=f"{requested.document}: {requested.gross}, {status}")


LINE_CREDIT = re.compile(
    r"(?:(?P<contract>[A-Za-z0-9_-]+)/)?(?P<line>.+?)(?:=(?P<amount>[0-9.]+)|\*(?P<quantity>[0-9.]+))?", re.DOTALL
)
"""A line of an invoice, with its contract before it and a measure after it; a group's value may hold any character."""


def line_credit(text: str) -> dict[str, str]:
    """Read what --line says: [CONTRACT/]LINE[=AMOUNT|*QUANTITY]."""
    match = LINE_CREDIT.fullmatch(text)
    return {name: part for name, part in match.groupdict().items() if part is not None} if match else {"line": text}
