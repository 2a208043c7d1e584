"""How SkyMeter's customers pay January: the files of its two banks, and what each payment was meant for.

What arrives in euros is booked by mock-bank, a program of somebody else, which writes CAMT.053. It keeps no account
with a number such as that of the account in dollars, writes no MT940, and begins its references anew for each file:
the other files are written here. The two invoices that a person approved are issued on the day of the demo, and paid
on it. Every file is the same each time, so that a demo that is played again sends what is known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from mockbank import accounts, outbox
from mockbank import credits as arriving
from mockbank.server import Config
from mockbank.state import State

from billproof.masterdata.parties import LegalEntity
from billproof.money import Money, exponent
from billproof.payments.references import payment_reference

PAID_MONTH = "2013-01"
FIRST_DAY = date(2013, 2, 8)
OPENING = {"USD": Decimal("18250.40"), "EUR": Decimal("25000.00")}
TEXT_OF_A_TRANSFER = 140
"""How many characters of a text banks carry."""
BANK_FEE = Decimal("12.00")
"""What a bank takes for a statement: a debit, which is no receipt."""
_LINE = 65
_ACCOUNT_AT_MOCK_BANK = "ACME"


@dataclass(frozen=True)
class BilledInvoice:
    """An invoice of the month, and who is to pay it."""

    account: str
    name: str
    number: str
    issued: date
    amount: Money


@dataclass(frozen=True)
class CustomerPayment:
    """A payment: the accounts whose invoices it is for, how many days after the first it arrives, and what it says.

    `text` may name `{number}`, `{number2}` of the second account, the number's last `{digits}`, or the number with
    letters that look like digits, `{misread}`. `payer` is another name than the account's, `less` what does not arrive.
    """

    accounts: tuple[str, ...]
    days: int
    text: str = ""
    structured: bool = False
    payer: str = ""
    less: Decimal = Decimal(0)


_LONG = "Payment for the telemetry of our flights from Newark, Kennedy and LaGuardia in January 2013, as agreed in our "
PAYMENTS = {
    "skymeter-inc": (
        CustomerPayment(("UA",), 0, structured=True),
        CustomerPayment(("EV",), 0),
        CustomerPayment(("MQ",), 0, text=f"{_LONG}order 4711-B, your invoice {{number}}"),  # its end is cut off
        CustomerPayment(("9E",), 0, text="{number} less January credit claim", less=Decimal("120.00")),
        CustomerPayment(("WN", "FL"), 7, text="{number} and {number2}", payer="Airlines Clearing House"),
        CustomerPayment(("VX",), 7, text="{digits}"),
        CustomerPayment(("AS",), 7, text="inv {misread}"),
        CustomerPayment(("F9",), 7, text="{number} charges ours", less=Decimal("15.00")),
        CustomerPayment(("HA",), 7, text="January", less=Decimal("-40.00")),
    ),
    "skymeter-europe": (
        CustomerPayment(("DL",), 0, structured=True),
        CustomerPayment(("AA",), 0, text="Pago de la factura {number} de enero 2013, telemetria de vuelos"),
        CustomerPayment(("US",), 0, less=Decimal("12.50"), text="Rechnung {number}"),
    ),
}
"""What arrives: of YV nothing, of 9E too little. What is not sure is decided by DECIDER, as it was meant.

B6 pays by card (cards.py).
"""
DECIDER = "ana"
REASON = "as their remittance advice of the same day says"
CLOSER = "ben"
REASON_TO_CLOSE = "asked for, disputed or to be given back in March"


@dataclass(frozen=True)
class BankedPayment:
    """A payment as the bank books it under a reference."""

    legal_entity: str
    reference: str
    payer: str
    amount: Money
    text: str
    structured: str
    on: date
    pays: tuple[BilledInvoice, ...]

    @property
    def shares(self) -> tuple[tuple[str, Money], ...]:
        """What it pays of which invoice, as it was meant: the rest stays on the account."""
        left, shares = self.amount, []
        for invoice in self.pays:
            paid = min(left, invoice.amount, key=lambda money: money.amount)
            shares.append((invoice.number, paid))
            left = left - paid
        return tuple(shares)


def payments(entity: LegalEntity, invoices: Mapping[str, BilledInvoice]) -> list[BankedPayment]:
    """Return what arrives of a legal entity's customers, in the order of the banks; nobody pays what is held."""
    return [
        _banked(payment, f"{prefix}{number}", entity.id, [invoices[account] for account in payment.accounts])
        for prefix in ["MB-RCV-" if entity.currency == "EUR" else "1302-"]
        for number, payment in enumerate(PAYMENTS[entity.id], start=1)
        if invoices.keys() >= {*payment.accounts}
    ]


def _banked(payment: CustomerPayment, reference: str, entity: str, pays: list[BilledInvoice]) -> BankedPayment:
    first, last = pays[0], pays[-1]
    owed = first.amount if len(pays) == 1 else first.amount + last.amount
    digits = first.number.rpartition("-")[2]
    misread = first.number.removesuffix(digits) + digits.replace("0", "O")
    text = payment.text.format(number=first.number, number2=last.number, digits=digits, misread=misread)
    return BankedPayment(
        legal_entity=entity,
        reference=reference,
        payer=payment.payer or first.name,
        amount=owed - Money.of(payment.less, owed.currency),
        text=text[:TEXT_OF_A_TRANSFER],
        structured=payment_reference(first.number) if payment.structured else "",
        on=max(FIRST_DAY + timedelta(days=payment.days), *(invoice.issued for invoice in pays)),
        pays=tuple(pays),
    )


def bank_files(entity: LegalEntity, banked: Sequence[BankedPayment]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a legal entity's bank by their names: a statement for each day on which something arrives."""
    opening, account = Money.of(OPENING[entity.currency], entity.currency), entity.cash_accounts[0]
    for number, on in enumerate(sorted({payment.on for payment in banked}), start=1):
        of_day = [payment for payment in banked if payment.on == on]
        closing = opening.plus(payment.amount for payment in of_day)
        if entity.currency == "EUR" and on == FIRST_DAY:
            yield f"{on}.camt053.xml", camt053(entity, of_day)
        else:
            fee = Money.of(BANK_FEE, entity.currency)
            closing = closing - fee
            yield f"{on}.mt940.txt", mt940(account.source, number, on, (opening, closing), of_day)
        opening = closing


def camt053(entity: LegalEntity, banked: Sequence[BankedPayment]) -> bytes:
    """Let mock-bank book payments, end its day, and write the statement."""
    account = entity.cash_accounts[0]
    state = State(Config(clock=f"{FIRST_DAY}T09:00", quiet=True))
    try:
        balance = Money.of(OPENING[entity.currency], entity.currency)
        ours = {"iban": account.source, "name": entity.name, "balance": _minor(balance)}
        accounts.update(state.conn, _ACCOUNT_AT_MOCK_BANK, ours)
        for payment in banked:
            body = {
                "account": _ACCOUNT_AT_MOCK_BANK,
                "amount": _minor(payment.amount),
                "debtor": {"name": payment.payer},
                **({"note": payment.text, "wrap": 35} if payment.text else {}),
                **({"reference": payment.structured} if payment.structured else {}),
            }
            arriving.create(state.conn, state.clock, state.now(), body)
        state.clock.advance(days=1)
        state.release()
        sent = [message for message in outbox.sent(state.conn) if message["account"] == _ACCOUNT_AT_MOCK_BANK]
        (statement,) = (message["id"] for message in sent if message["type"].startswith("camt.053"))
        return str(outbox.message(state.conn, statement)["body"]).encode()
    finally:
        state.close()


def _minor(amount: Money) -> int:
    return int(amount.amount.scaleb(exponent(amount.currency)))


def mt940(account: str, number: int, on: date, balances: tuple[Money, Money], banked: Sequence[BankedPayment]) -> bytes:
    """Write the statement of a day as banks do that put words between slashes into field 86."""
    opening, closing = balances
    lines = [f":20:{on:%y%m%d}-{number}", f":25:{account}", f":28C:{number}", f":60F:{_balance(opening, on)}"]
    for payment in banked:
        lines.append(f":61:{on:%y%m%d%m%d}C{_amount(payment.amount)}NTRFNONREF//{payment.reference}")
        details = f"/NAME/{payment.payer}/REMI/{payment.structured or payment.text}"
        lines += [f":86:{details[:_LINE]}", *(details[at : at + _LINE] for at in range(_LINE, len(details), _LINE))]
    fee = Money.of(BANK_FEE, opening.currency)
    lines += [f":61:{on:%y%m%d%m%d}D{_amount(fee)}NCHGNONREF//FEE-{number}", ":86:/REMI/Account fee"]
    lines += [f":62F:{_balance(closing, on)}", "-", ""]
    return "\r\n".join(lines).encode()


def _amount(amount: Money) -> str:
    return amount.text.replace(".", ",")


def _balance(amount: Money, on: date) -> str:
    return f"C{on:%y%m%d}{amount.currency}{_amount(amount)}"
