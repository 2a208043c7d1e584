"""The fixed set: sources of each kind of text, with the facts that a text of them is expected to state."""

from datetime import date
from typing import NamedTuple

from billproof.money import Money
from billproof.writing.facts import amount, clause, day, month, named, number, reference, statement, version
from billproof.writing.model import TextKind, TextSources


class Evaluated(NamedTuple):
    """Sources of the fixed set, and what a text of them has to say."""

    sources: TextSources
    expected: tuple[str, ...]


def usd(text: str) -> Money:
    return Money.of(text, "USD")


COMPLAINT = "the API was down for 3 days, and nobody from Globex GmbH answered; we pay no 5000 EUR"
DISPUTE = TextSources(
    kind=TextKind.DISPUTE,
    facts=(
        named("customer", "Acme Airlines Inc", required=True),
        named("seller", "SkyMeter Inc", personal=False, required=True),
        reference("invoice", "SKY-US-2013-000017", required=True),
        amount("disputed", usd("1234.50"), required=True),
        day("opened_on", date(2013, 3, 10)),
        statement("cause", "the service"),
        clause("complaint", COMPLAINT),
        statement("standing", "We have not decided this yet; we decide it by 2013-03-31 at the latest"),
        named("line", "Platform fee"),
        day("from", date(2013, 1, 1)),
        day("until", date(2013, 1, 31)),
        amount("net", usd("2469.00"), required=True),
        amount("tax", usd("-17.28")),
        amount("gross", usd("2451.72")),
        reference("contract", "acme-main", personal=True),
        version("version", 4),
        statement("step_1", "fixed amount: 1 x 2469 = 2469", personal=True),
        statement("share", "29 of 31 days"),
    ),
)
CONTRACT_CHANGE = TextSources(
    kind=TextKind.CONTRACT_CHANGE,
    facts=(
        named("customer", "Müller & Söhne GmbH", required=True),
        reference("contract", "mueller-2013", personal=True, required=True),
        version("version", 3, required=True),
        version("version_before", 2, required=True),
        day("effective", date(2013, 7, 1), required=True),
        named("signed_by", "Erika Mustermann"),
        statement("change_1", "charges, seats, price, unit price: from 10 to 12"),
        statement("change_2", "charges, seats, name: from Seats to “Seats, monthly”", personal=True),
        statement("change_3", "discounts, loyalty, percent: 5, which was not there before"),
    ),
)
VARIANCE = TextSources(
    kind=TextKind.VARIANCE,
    facts=(
        reference("variance", "Vf12c65cfed702118", required=True),
        month("month", date(2013, 1, 1), required=True),
        statement("why", "a part of the invoice is paid, and the rest is open"),
        statement("compared", "30.00 USD was to be, and 20.00 USD is"),
        amount("amount", usd("10.00"), required=True),
        number("age", 43, "day", "days"),
        named("owner", "billing", personal=False, required=True),
        clause("remedy", "ask for the rest; or credit it", personal=False, required=True),
        day("since", date(2013, 2, 19)),
        named("customer", "United Air Lines Inc."),
        reference("invoice", "skymeter-inc.2013-01.UA", personal=True),
    ),
)
CLOSE = TextSources(
    kind=TextKind.CLOSE,
    facts=(
        named("legal_entity", "SkyMeter Inc", personal=False, required=True),
        month("month", date(2013, 1, 1), required=True),
        number("invoices", 1412, "document", "documents", required=True),
        number("postings", 1409, "posting", "postings", required=True),
        amount("net", usd("99000.00")),
        amount("tax", usd("8167.50")),
        amount("gross", usd("107167.50"), required=True),
        amount("posted", usd("106990.10"), required=True),
        statement("variances_1", "short paid: 3 variances, together 177.40 USD"),
        statement("sign_off", "the month is signed off"),
        named("signed_by", "ana", required=True),
        day("signed_on", date(2013, 2, 6), required=True),
        statement("point_1_open", "short paid over 177.40 USD, days open: 8"),
        named("point_1_customer", "Acme Airlines Inc"),
        named("point_1_accepted_by", "ben"),
        clause("point_1_reason", "the rest is promised for March"),
    ),
)
FIXED_SET = {
    "dispute": Evaluated(
        DISPUTE, ("Acme Airlines Inc", "SKY-US-2013-000017", "1234.50 USD", "-17.28 USD", COMPLAINT, "29 of 31 days")
    ),
    "contract change": Evaluated(
        CONTRACT_CHANGE, ("from 10 to 12", "2013-07-01", "version 3", "Erika Mustermann", "percent: 5, which was not")
    ),
    "variance": Evaluated(
        VARIANCE, ("10.00 USD", "30.00 USD was to be", "2013-02-19", "43 days", "“ask for the rest;")
    ),
    "close": Evaluated(
        CLOSE, ("107167.50 USD", "106990.10 USD", "together 177.40 USD", "1412 documents", "ben", "promised for March")
    ),
}
