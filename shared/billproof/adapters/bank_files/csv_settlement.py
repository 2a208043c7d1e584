"""Settlement reports of gateways as CSV, by a declared format: each line is a movement, and its fee another one."""

from collections.abc import Iterator

from billproof.adapters.bank_files.csv_rows import CsvRow, rows
from billproof.adapters.bank_files.values import built, currency, lines_of, reference_or_none, refuse
from billproof.masterdata.gateways import CsvSettlementFormat, GatewayAccount, MovementOfGateway
from billproof.money import Money
from billproof.payments.gateway_model import OF_A_CHARGE, SIGNS, GatewayMovement, movement_name
from billproof.payments.model import Payer
from billproof.payments.statements import beginning
from billproof.personal_numbers import without_card_numbers


def parse_settlement(data: bytes, legal_entity: str, gateway: GatewayAccount) -> list[GatewayMovement]:
    """Read every movement of a report; raises InvalidInput with what is wrong and in which line, and then takes none.

    Of what may be the number of a card only the last four digits of it are read, in names and texts; anywhere else it
    is refused.
    """
    declared = gateway.report
    if declared is None:
        refuse("no format of settlement reports is declared for this gateway", "the whole file")
    movements: dict[tuple[MovementOfGateway, str], str] = {}
    read = []
    for row in rows(data, declared, declared.columns.headers):
        for movement in _movements(row, declared, legal_entity, gateway.source):
            name = (movement.movement, movement.reference)
            if name in movements:
                refuse(f"it has the reference of {movements[name]}", row.place)
            movements[name] = row.place
            read.append(movement)
    if not read:
        refuse("there is no movement", "the whole file")
    return read


def _movements(row: CsvRow, declared: CsvSettlementFormat, legal_entity: str, source: str) -> Iterator[GatewayMovement]:
    columns = declared.columns
    kind = declared.movements.get(row.text(columns.movement) or "")
    if kind is None:
        refuse("the format does not say what this movement is", f"{row.place}, column {columns.movement}")
    code = currency(declared.currency or row.text(columns.currency), row.place)
    written, booked_on, reference = (
        row.amount(columns.amount, code),
        row.day(columns.booked_on),
        row.text(columns.reference),
    )
    if written is None or booked_on is None or reference is None:
        refuse("a movement has a day, an amount and a reference", row.place)
    payout = reference_or_none(row.text(columns.payout)) if kind is not MovementOfGateway.PAYOUT else None
    name = row.text(columns.payer_name)
    whose = {"legal_entity": legal_entity, "source": source, "booked_on": booked_on, "payout": payout}
    yield built(
        GatewayMovement,
        row.place,
        **whose,
        movement=kind,
        reference=reference,
        amount=_effect(written, kind, declared, row),
        original=reference_or_none(row.text(columns.original)) if kind in OF_A_CHARGE else None,
        payer=built(Payer, row.place, name=name and without_card_numbers(name)),
        remittance=beginning(without_card_numbers(lines_of([row.raw(column) for column in columns.remittance]))),
    )
    fee = row.amount(columns.fee, code)
    if fee is not None and not fee.is_zero:
        yield built(
            GatewayMovement,
            row.place,
            **whose | {"payout": reference if kind is MovementOfGateway.PAYOUT else payout},
            movement=MovementOfGateway.FEE,
            reference=movement_name(kind.value, reference),
            amount=-fee if declared.fee_sign == "cost" else fee,
        )


def _effect(written: Money, kind: MovementOfGateway, declared: CsvSettlementFormat, row: CsvRow) -> Money:
    """Return what a movement does to the balance; raises InvalidInput where a sign is not as the format says."""
    if kind is MovementOfGateway.DISPUTE_LOST:  # some reports say what is lost; nothing moves
        return Money.zero(written.currency)
    if declared.signs == "effect":
        return written
    if written.amount < 0:
        refuse("the format has no signs", f"{row.place}, column {declared.columns.amount}")
    return written if SIGNS.get(kind, -1) > 0 else -written
