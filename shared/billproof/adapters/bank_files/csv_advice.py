"""Remittance advices as CSV, by a declared format: each line says what a payment pays of one document."""

from billproof.adapters.bank_files.csv_rows import CsvRow, rows
from billproof.adapters.bank_files.values import built, currency, refuse
from billproof.masterdata.csv_files import CsvAdviceFormat
from billproof.money import Money
from billproof.payments.advices import AdvisedPayment, RemittanceAdvice


def parse_advices(data: bytes, legal_entity: str, declared: CsvAdviceFormat) -> list[RemittanceAdvice]:
    """Read the advice of every payment of a file; raises InvalidInput with what is wrong and where, and takes none."""
    payments: dict[str, list[CsvRow]] = {}
    for row in rows(data, declared, declared.columns.headers):
        payment = row.text(declared.columns.payment)
        if payment is None:
            refuse("no payment is named", f"{row.place}, column {declared.columns.payment}")
        payments.setdefault(payment, []).append(row)
    if not payments:
        refuse("there is no payment", "the whole file")
    return [_advice(payment, of_payment, legal_entity, declared) for payment, of_payment in payments.items()]


def _advice(payment: str, lines: list[CsvRow], legal_entity: str, declared: CsvAdviceFormat) -> RemittanceAdvice:
    columns, place = declared.columns, lines[0].place
    codes = {declared.currency or currency(row.text(columns.currency), row.place) for row in lines}
    days = {row.day(columns.paid_on) for row in lines}
    paid_on = days.pop()
    if codes - {min(codes)} or days or paid_on is None:
        refuse("a payment has one day and one currency, the same in each of its lines", place)
    code = min(codes)
    advised = tuple(_line(row, code, declared) for row in lines)
    totals = {row.amount(columns.total, code) for row in lines} if columns.total else {_sum(advised, code)}
    total = totals.pop()
    if totals or total is None:
        refuse("the whole amount of a payment is the same in each of its lines", place)
    whose = {"legal_entity": legal_entity, "payment": payment, "paid_on": paid_on}
    return built(RemittanceAdvice, place, **whose, total=total, lines=advised)


def _line(row: CsvRow, code: str, declared: CsvAdviceFormat) -> AdvisedPayment:
    number, paid = row.text(declared.columns.number), row.amount(declared.columns.amount, code)
    if number is None or paid is None:
        refuse("a line names a document and what is paid of it", row.place)
    return built(AdvisedPayment, row.place, number=number, paid=paid)


def _sum(lines: tuple[AdvisedPayment, ...], code: str) -> Money:
    return Money.zero(code).plus(line.paid for line in lines)
