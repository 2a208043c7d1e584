"""`billproof payments`: receipts, what they pay, what people decide about them, and the two equations of cash."""

from typing import Annotated

import typer

from billproof.money import Money
from billproof_ops import advices, cli_advices, cli_settlements, naming, payments, statements, tables
from billproof_ops.printing import AsJson, Entity, Period, Reason, Who, console, print_json, verbs
from billproof_ops.settlements import is_in_bucket
from billproof_ops.statements import ListedStatements
from billproof_ops.target import Target

app = verbs()
ReceiptArgument = Annotated[str, typer.Argument(help="The receipt's id, such as R0123456789abcdef01234567.")]


@app.command("import")
def import_file(
    file: Annotated[
        str,
        typer.Argument(help="A bank's file, here or in the data bucket: CAMT.053 or .054, MT940, BAI2, or CSV."),
    ],
    *,
    gateway: Annotated[str, typer.Option("--gateway", help="It is a settlement report of this gateway.")] = "",
    advice: Annotated[
        str, typer.Option("--advice", help="It is a remittance advice of this format of the legal entity.")
    ] = "",
    csv_format: Annotated[str, typer.Option("--format", help="How CSV is written: a format of the legal entity.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Read and check it only; nothing is sent.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until what arrived is matched, too.")] = False,
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Put a bank's file where banks put theirs, and wait until it is taken in. The same file twice changes nothing."""
    if gateway or is_in_bucket(file):
        cli_settlements.import_report(file, gateway=gateway, legal_entity=legal_entity, check=check, as_json=as_json)
        return
    if advice or advices.is_in_bucket(file):
        cli_advices.import_advices(file, advice=advice, legal_entity=legal_entity, check=check, as_json=as_json)
        return
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity) if csv_format else legal_entity
    read = statements.read_file(target, file, entity=entity, csv_format=csv_format)
    rows = statements.check_file(target, read) if check else statements.import_file(target, read)
    if wait and not check:
        statements.wait_until_matched(target, read)
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    for row in rows:
        balances = f", {row.opening} to {row.closing}" if row.opening else ""
        console.print(
            f"{row.statement} of {row.account}, {row.days}{balances}: {row.entries} entries, {row.receipts} receipts",
            soft_wrap=True,
        )
        if row.returns:
            console.print(f"  {row.returns} entries take money back: `payments statements` lists those that wait")


@app.command("statements")
def list_statements(*, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """List the statements of each account, what is missing between them, and what went back and nothing explains."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    listed = statements.listed(target, entity)
    if as_json:
        print_json(listed.model_dump(mode="json"))
    else:
        _print_statements(listed)
    if listed.breaks or listed.returns_waiting or listed.payments_waiting:
        raise typer.Exit(1)


def _print_statements(listed: ListedStatements) -> None:
    numbers = ("Opening", "Closing", "Receipts", "Returns", "Others")
    names = ("Account", "Days", *numbers, "File")
    table = tables.table(*names, whole=("Account", "Days", *numbers[:2]), right=numbers)
    for row in listed.statements:
        others = row.entries - row.receipts - row.returns
        counts = (str(row.receipts), str(row.returns), str(others))
        table.add_row(row.account, row.days, row.opening, row.closing, *counts, row.file.rsplit("/", 1)[-1])
    console.print(table if listed.statements else "no statements")
    for one in listed.breaks:
        what = f"{one.continuity.value} of {one.difference} on {one.on}"
        console.print(f"[red]{what}[/], {one.account}: {one.later} after {one.earlier}: {one.reason}", soft_wrap=True)
    for back in listed.returns_waiting:
        payer = back.party.name or back.party.account or "nobody named"
        console.print(
            f"[red]taken back[/] {back.amount} on {back.booked_on}, {back.source}, {payer}: find the receipt, then "
            f"`payments give-back RECEIPT {back.amount.text} --return {back.reference}`",
            soft_wrap=True,
        )
    for paid in listed.payments_waiting:
        whose = ", ".join(paid.accounts) or "a payer that no customer is known of"
        console.print(
            f"[red]paid to a customer[/] {paid.amount} on {paid.booked_on}, {paid.source}, {whose}: no refund explains "
            f"it; find the receipt, then `payments give-back RECEIPT {paid.amount.text} --refunded --return "
            f"{paid.reference}`",
            soft_wrap=True,
        )


app.command("settlements")(cli_settlements.list_settlements)
app.command("refunds")(cli_settlements.list_refunds)


@app.command("list")
def list_receipts(
    *,
    legal_entity: Entity = "",
    period: Period = "",
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that wait for a person.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the receipts of a legal entity and month: what they pay, by which rule, and what is left of them."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    month = naming.any_month(entity, period).period if period else ""
    rows = [payments.receipt_row(state) for state in payments.receipts(target, entity, month, only_waiting=waiting)]
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    amounts = ("Amount", "Unapplied")
    listed = tables.table(
        "Receipt", "Booked", "Amount", "Status", "Account", "Rule", "Unapplied", whole=("Receipt",), right=amounts
    )
    for row in rows:
        listed.add_row(row.receipt, row.booked_on, row.amount, row.status, row.account, row.rule, row.unapplied)
    console.print(listed if rows else "no receipts")


@app.command("show")
def show_receipt(receipt: ReceiptArgument, *, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """Show a receipt and all that happened to it: what it pays and why, what it may pay, who decided."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    state = target.ports.cash_book.state(entity, receipt)
    if as_json:
        received = state.received.model_dump(mode="json")
        print_json({"received": received, "uses": [use.model_dump(mode="json") for use in state.uses]})
        return
    row = payments.receipt_row(state)
    console.print(f"{row.receipt}: {row.amount} booked on {row.booked_on}, {row.status}, {row.unapplied} unapplied")
    for use in state.uses:
        why = f" by {use.decided_by}: {use.reason}" if use.decided_by else f" {use.reason}"
        console.print(f"{use.day} {use.kind.value} {use.account or ''}{why}".rstrip(), soft_wrap=True)
        for part in use.settlements:
            console.print(f"  {part.allocation.number}: {part.allocation.paid} paid")
        if use.match is not None:
            console.print(f"  {use.match.rule}, {use.match.confidence:.2f} sure", soft_wrap=True)
            for evidence in use.match.evidence:
                console.print(f"  {evidence}", soft_wrap=True)


@app.command()
def apply(
    receipt: ReceiptArgument,
    *,
    account: Annotated[str, typer.Option("--account", help="Whose the money is.")],
    pay: Annotated[
        list[str] | None, typer.Option("--pay", help="NUMBER=AMOUNT; what is left stays on the account.")
    ] = None,
    reason: Reason,
    legal_entity: Entity = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Say what a receipt pays. Who paid is remembered."""
    target = Target.find()
    wanted = {
        "receipt": receipt,
        "legal_entity": naming.legal_entity(target, legal_entity),
        "verdict": "applied",
        "account": account,
        "pays": [payments.read_payment(text) for text in pay or ()],
        "reason": reason,
    }
    _print_decided(payments.decide(target, wanted, who=who), as_json=as_json)


@app.command()
def reverse(
    receipt: ReceiptArgument,
    *,
    reason: Reason,
    legal_entity: Entity = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Undo what a receipt was applied to: its invoices are open again, and the money pays nothing."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    wanted = {"receipt": receipt, "legal_entity": entity, "verdict": "reversed", "reason": reason}
    _print_decided(payments.decide(target, wanted, who=who), as_json=as_json)


@app.command("give-back")
def give_back(
    receipt: ReceiptArgument,
    amount: Annotated[str, typer.Argument(help="How much went back, in the receipt's currency.")],
    *,
    refunded: Annotated[
        bool, typer.Option("--refunded", help="We paid it back; without it, the bank took it back.")
    ] = False,
    gateway_difference: Annotated[
        bool,
        typer.Option(
            "--gateway-difference",
            help="A gateway gave it beyond what it took, or took it beyond what was paid: other income, or a loss.",
        ),
    ] = False,
    return_reference: Annotated[
        str, typer.Option("--return", help="What `payments statements` calls the return or payment.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="The bank's reference and why; the same again is one.")],
    legal_entity: Entity = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Note that a receipt went back: what it paid is open again where less is left on the account than goes."""
    if refunded and gateway_difference:
        message = "it was refunded, or it is a gateway's difference: not both"
        raise typer.BadParameter(message)
    target = Target.find()
    wanted = {
        "receipt": receipt,
        "legal_entity": naming.legal_entity(target, legal_entity),
        "verdict": _gone(refunded=refunded, gateway_difference=gateway_difference),
        "amount": amount,
        "reference": return_reference,
        "reason": reason,
    }
    _print_decided(payments.decide(target, wanted, who=who), as_json=as_json)


def _gone(*, refunded: bool, gateway_difference: bool) -> str:
    return "gateway_difference" if gateway_difference else "refunded" if refunded else "returned"


def _print_decided(decided: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(decided)
        return
    texts = {name: str(Money.model_validate(value)) for name, value in decided.items() if isinstance(value, dict)}
    owner = decided["account"] or "nobody"
    console.print(
        f"{decided['receipt']} is {decided['status']}: {texts['applied']} applied, {texts['unapplied']} left to {owner}"
    )


@app.command()
def statement(*, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """Show where all that was released and received went, by customer: both equations balance, or money is missing."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    cash = payments.statement(target, entity)
    if as_json:
        print_json(cash.model_dump(mode="json"))
    else:
        for customer in cash.customers:
            console.print(tables.equations(customer.equations, title=customer.account or "nobody's yet"))
        console.print(tables.equations(cash.equations, title=entity))
    if not cash.balances:
        raise typer.Exit(1)
