"""The life of one contract: its versions, what is used, what is credited, and what its invoices come to."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from billproof.contracts.model import Contract
from billproof.invoicing.model import Invoice
from billproof.ledger.obligations import obligations
from billproof.money import Money, total
from billproof.proof.service import prove_run
from tests.support.charges import NOTHING_COMES_OFF
from tests.support.held import release_as_held
from tests.support.world import INC, World, flight


def month(number: int) -> str:
    """Name the n-th month of 2013, or one after it."""
    return f"{2013 + (number - 1) // 12}-{(number - 1) % 12 + 1:02d}"


def least(amount: str, *charges: str, **more: Any) -> dict[str, Any]:
    base = {"id": "least", "name": "Least", "amount": amount, "charges": list(charges), "revenue_category": "usage"}
    return {**base, "effective": {"start": "2013-01-01"}, **more}


def prepaid(amount: str, **more: Any) -> dict[str, Any]:
    return {"id": "prepaid", "name": "Prepaid", "amount": amount, "effective": {"start": "2013-01-01"}, **more}


def off(start: str = "2013-01-01", end: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "off", "name": "Off", "effective": {"start": start, "end": end}, **more}


class Life:
    """One contract of one account, and its invoices."""

    def __init__(self, *charges: dict[str, Any], **terms: Any) -> None:
        self.world = World(accounts={"UA", "B6"})  # B6, so that every run has something to prove
        self.notes: list[Invoice] = []
        self._first = self.world.directory.contracts("UA")[-1]
        self._events = 0
        self.world.hold_for_no_amount()
        self.world.moment = datetime(2013, 1, 1, 12, tzinfo=UTC)
        self.publish("2013-01-01", *charges, **terms)

    def publish(self, start: str, *charges: dict[str, Any], end: str | None = None, **terms: Any) -> None:
        """Publish the next version, from a day on."""
        last = self.world.directory.contracts("UA")[-1]
        document = self._first.model_dump(mode="json") | NOTHING_COMES_OFF | {"exclusions": []}
        document |= {"version": last.version + 1, "effective": {"start": start, "end": end}}
        self.world.publish(Contract.model_validate(document | {"charges": list(charges), **terms}))

    def other_contract(self, *charges: dict[str, Any], **terms: Any) -> None:
        """Publish another contract of the account, which goes on."""
        document = self._first.model_dump(mode="json") | NOTHING_COMES_OFF | {"id": "other", "exclusions": []}
        self.world.publish(Contract.model_validate(document | {"version": 1, "charges": list(charges), **terms}))

    def drawn(self, number: int) -> Decimal:
        """Return what was drawn of the credit up to a month's invoice."""
        return self.world.invoice(f"{INC}.{month(number)}.UA").credits_drawn[0].amount

    def use(self, day: str, quantity: str) -> None:
        """Send an event of some miles, on the day after it or, where that is past, now."""
        self._events += 1
        self.world.moment = max(self.world.moment, datetime.fromisoformat(f"{day}T12:00:00Z") + timedelta(days=1))
        self.world.ingest([flight(self._events, day=day, data={"distance": quantity})])

    def use_at(self, time: str, quantity: str) -> None:
        """Send an event of some miles at an instant."""
        self._events += 1
        moment = datetime.fromisoformat(time).astimezone(UTC) + timedelta(days=1)
        self.world.moment = max(self.world.moment, moment)
        self.world.ingest([flight(self._events, time=time, data={"distance": quantity})])

    def bill(self, number: int) -> dict[str, str]:
        """Run a month, release what it comes to, and return the lines that are not zero; the run's proof must hold."""
        name = month(number)
        after = number + 1
        moment = datetime(2013 + (after - 1) // 12, (after - 1) % 12 + 1, 2, 12, tzinfo=UTC)
        self.world.moment = max(self.world.moment, moment)
        statement = self.world.bill(period=name)
        mine = {each.code for each in statement.findings if each.account == "UA" and each.severity == "blocking"}
        assert mine <= {"negative_invoice"}, statement.findings
        if mine:  # what would become of it is not of interest here
            assert release_as_held(self.world, f"{INC}-{name}-001", "UA").released is not None
        self.world.post_all(period=name)
        proof = prove_run(f"{INC}-{name}-001", stores=self.world.stores())
        assert mine or proof.holds, proof.differences
        lines = self.world.invoice(f"{INC}.{name}.UA").lines
        return {line.priced.id: line.priced.net.text for line in lines if not line.priced.net.is_zero}

    def credit(self, number: int, request: str = "C-1", **terms: Any) -> str:
        """Credit a month's invoice and return what goes back in money, net."""
        self.world.moment += timedelta(hours=1)
        note = self.world.credit_and_approve(f"{INC}.{month(number)}.UA", request, **terms)
        self.notes.append(note)
        return (-note.totals.net).text

    def earned(self, day: str) -> str:
        """Return what the invoices of the first four months earned of the fee before a day."""
        invoices = [self.world.invoice(f"{INC}.{month(number)}.UA") for number in (1, 2, 3, 4)]
        return total((earned_of(invoice, day, "fee") for invoice in invoices), "USD").text

    def total(self, *numbers: int) -> Decimal:
        """Return what the invoices of some months come to together."""
        found = (self.world.invoice(f"{INC}.{month(number)}.UA").totals.net.amount for number in numbers)
        return sum(found, Decimal(0))


def earned_of(document: Invoice, day: str, charge: str = "") -> Money:
    """Return what a document earned before a day, of all or of one charge's lines."""
    mine = (
        obligation
        for obligation in obligations(document)
        if charge in ("", document.lines[obligation.place or 0].priced.charge)
    )
    return total((each.earned_by(date.fromisoformat(day)) for each in mine), document.in_books.gross.currency)


YEARLY = {"timing": "in_advance", "cadence": {"interval": "year"}}
ADVANCE = {"timing": "in_advance"}
