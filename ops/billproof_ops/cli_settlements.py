"""`billproof payments settlements` and `refunds`: what gateways hold, payouts, and what is to be refunded by whom."""

import typer

from billproof.payments.refunds_due import refunds_due
from billproof.payments.settlement import GatewayBalance
from billproof_ops import naming, settlements, tables
from billproof_ops.printing import AsJson, Entity, console, print_json
from billproof_ops.target import Target


def import_report(name: str, *, gateway: str, legal_entity: str, check: bool, as_json: bool) -> None:
    """Put a settlement report where gateways put theirs, and wait until it is taken in, or only check it."""
    target = Target.find()
    entity = "" if settlements.is_in_bucket(name) else naming.legal_entity(target, legal_entity)
    report = settlements.read_report(target, name, entity=entity, gateway=gateway)
    rows = settlements.rows(report) if check else settlements.import_report(target, report)
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    for row in rows:
        console.print(f"{row.gateway}: {row.count} {row.movement.value}, {row.amount}")


def list_settlements(*, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """List what each gateway holds, and its payouts: what each settles, and whether it is found at the bank."""
    target = Target.find()
    holdings = settlements.balances(target, naming.legal_entity(target, legal_entity))
    if as_json:
        print_json([balance.model_dump(mode="json") for balance in holdings])
    else:
        for balance in holdings:
            _print(balance)
        if not holdings:
            console.print("no gateways")
    if not all(payout.is_sound for balance in holdings for payout in balance.payouts):
        raise typer.Exit(1)


def _print(balance: GatewayBalance) -> None:
    moved = ", ".join(f"{movement.value} {amount}" for movement, amount in balance.totals.items())
    console.print(f"{balance.gateway} holds {balance.held}, {balance.on_the_way} are on the way: {moved or 'nothing'}")
    numbers = ("Amount", "Movements", "Unexplained")
    table = tables.table("Payout", "Day", *numbers, "Receipt", whole=("Payout", "Receipt"), right=numbers)
    for payout in balance.payouts:
        amounts = (str(payout.amount), str(payout.movements), str(payout.difference))
        table.add_row(payout.payout, payout.booked_on.isoformat(), *amounts, payout.receipt or "[red]not found[/]")
    if balance.payouts:
        console.print(table)


def list_refunds(*, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """List what is to be refunded, as credit notes say, and of which charge or receipt: until a refund is told."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    due = list(refunds_due(target.ports.cash_sources().receivables(entity)))
    if as_json:
        print_json([one.model_dump(mode="json") for one in due])
        return
    for one in due:
        console.print(f"{one.amount} of {one.number}, {one.account}, by {', '.join(one.credit_notes)}", soft_wrap=True)
        for way in one.of_receipts:
            console.print(f"  {way.amount} of {way.reference} at {way.source}, {way.receipt}", soft_wrap=True)
    if not due:
        console.print("no refunds are due")
