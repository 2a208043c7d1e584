"""A book of open invoices that a person can check, and receipts that pay them."""

from datetime import date, timedelta
from decimal import Decimal

from billproof.approvals.policy import MatchingRules
from billproof.money import Money
from billproof.payments.model import CashReceipt, Channel, Match, Payer
from tests.matching.bills import Bill
from tests.matching.customers import Customer

TODAY = date(2025, 3, 20)


POLICY = MatchingRules(tolerance={"EUR": Decimal("0.05")}, charges={"EUR": Decimal(15)})


CUSTOMERS = [
    Customer("acme", "Acme Robotics GmbH", "DE01", known_iban=True),
    Customer("acme-berlin", "Acme Robotics Berlin GmbH", "DE02", known_iban=False, paid_by="acme"),
    Customer("zenith", "Zénith Média S.A.", "FR01", known_iban=False),
    Customer("zenit", "Zenit Media Ltd", "GB01", known_iban=False),
    Customer("twins", "Twin Peaks Inc.", "US01", known_iban=True),
    Customer("idle", "Idle Holdings AG", "CH01", known_iban=True),
]


def number(ordinal: int) -> str:
    return f"SKY-EU-2025-{ordinal:06d}"


def bill(ordinal: int, account: str, gross: int, *, discount: int = 0, currency: str = "EUR") -> Bill:
    issued = date(2025, 3, 12)
    until = issued + timedelta(days=10) if discount else None
    due = issued + timedelta(days=14)
    return Bill(f"doc.{ordinal}", number(ordinal), account, issued, due, gross, currency, discount, until)


ACME = Payer(name="ACME ROBOTICS GMBH", account="DE01")


def receipt(
    amount: str, text: str = "", payer: Payer = ACME, *, structured: str | None = None, charges: str | None = None
) -> CashReceipt:
    return CashReceipt(
        legal_entity="skyline-eu",
        channel=Channel.BANK,
        source="bank",
        reference="1",
        amount=Money.of(amount, "EUR"),
        charges=Money.of(charges, "EUR") if charges else None,
        booked_on=TODAY,
        payer=payer,
        structured=structured,
        remittance=text,
    )


def paid(answer: Match) -> dict[str, str]:
    return {part.number[-2:]: str(part.paid.amount) for part in answer.allocations}
