"""Whatever goes wrong with a document or a payment, the variance that is found has the category of what was done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.findings import VarianceCategory
from billproof.identities import InvoiceId
from billproof.invoicing.facts import POSTED, POSTING, fact_key
from billproof.reconciliation.model import CATEGORIES, Cause, Variance
from tests.support.balances import JAN, bill, world_with_balances
from tests.support.cash import CHART, number_of, receipt, told, usd, with_cash
from tests.support.closing import let_variances_wait, of_report
from tests.support.foreign_erp import FOREIGN, Booked, ForeignErp, ForeignServer, again
from tests.support.levels import LEVEL
from tests.support.reconciled import reconcile_in_parts
from tests.support.world import INC, World

pytestmark = pytest.mark.long

UA = f"{INC}.{JAN}.UA"
SETTINGS = settings(max_examples=4 * LEVEL, deadline=None)


@dataclass
class Month:
    """January of UA, 30.00 with its tax, posted on 1 February in an ERP that others work in, too."""

    world: World
    server: ForeignServer

    @property
    def posted(self) -> Booked:
        (document,) = self.server.documents
        return document

    @property
    def gross(self) -> Decimal:
        return self.world.invoice(UA).totals.gross.amount

    def move(self, account: str, amount: Decimal) -> None:
        """Book an amount more on an account, and less on the revenue: the document still balances."""
        document, chart = self.posted, self.world.directory.legal_entity(INC).chart_of_accounts
        revenue = next(one for one, _, credit in document.lines if credit and one != chart.tax_payable)
        document.lines += [(account, amount, Decimal(0)), (revenue, Decimal(0), amount)]

    def pay(self, amount: Decimal, charges: Decimal | None = None, remittance: str | None = None) -> None:
        text = number_of(self.world, JAN) if remittance is None else remittance
        kept = None if charges is None else usd(str(charges))
        arrived = receipt(usd(str(amount)), remittance=text, charges=kept)
        told(self.world, f'{{"kind": "receipt", "receipt": {arrived.model_dump_json()}}}')

    def found(self) -> list[Variance]:
        """Reconcile in one call and in parts: both find the same."""
        found = of_report(self.world)
        report = reconcile_in_parts(self.world)
        assert [*report.variances, *report.unsettled] == found
        return found


def month() -> Month:
    world, server = world_with_balances(state="NY"), ForeignServer()
    world.publish(with_cash(world.directory.legal_entity(INC)))
    world.erps[FOREIGN] = ForeignErp(server)
    world.use_erp(FOREIGN)
    assert bill(world, JAN) is not None
    return Month(world, server)


def drop(of: Month, _: Decimal) -> None:
    of.server.documents.clear()


def never_post(of: Month, _: Decimal) -> None:
    of.server.documents.clear()
    for fact in (POSTED, POSTING):
        of.world.records["invoices"].items.pop(fact_key(InvoiceId.parse(UA), fact), None)


def double(of: Month, amount: Decimal) -> None:
    of.server.documents.append(again(of.posted, day=of.posted.day + timedelta(days=int(amount) % 9)))


def change_amount(of: Month, amount: Decimal) -> None:
    of.move(of.world.directory.legal_entity(INC).chart_of_accounts.receivable, amount)


def change_tax(of: Month, amount: Decimal) -> None:
    of.move(of.world.directory.legal_entity(INC).chart_of_accounts.tax_payable, amount)


def change_currency(of: Month, _: Decimal) -> None:
    of.posted.currency = "EUR"


def delay(of: Month, amount: Decimal) -> None:
    of.posted.day += timedelta(days=1 + int(amount))


def forget_the_confirmation(of: Month, _: Decimal) -> None:
    del of.world.records["invoices"].items[fact_key(InvoiceId.parse(UA), POSTED)]


def post_without_invoice(of: Month, amount: Decimal) -> None:
    lines = [("4999", amount, Decimal(0)), ("5999", Decimal(0), amount)]
    of.server.documents.append(replace(again(of.posted), reference="BY-HAND", lines=lines))


def book_a_bank_fee(of: Month, amount: Decimal) -> None:
    lines = [(CHART["charges"], amount, Decimal(0)), ("1000", Decimal(0), amount)]
    of.server.documents.append(replace(again(of.posted), reference="FEE", lines=lines))


def lose_the_document(of: Month, _: Decimal) -> None:
    released = of.world.register.released(UA)
    assert released is not None
    of.world.objects.memory.items.pop(released.document.key)


def cut_the_payment(of: Month, amount: Decimal) -> None:
    of.pay(of.gross - amount)


def keep_a_fee_of_the_payment(of: Month, amount: Decimal) -> None:
    of.pay(of.gross - amount, charges=amount)


def pay_too_much(of: Month, amount: Decimal) -> None:
    of.pay(of.gross + amount)


def pay_without_a_name(of: Month, amount: Decimal) -> None:
    of.pay(amount, remittance="")


def credit_what_was_paid(of: Month, amount: Decimal) -> None:
    of.pay(of.gross)
    lines = [{"line": f"fee:{JAN}", "amount": str(amount)}]
    of.world.credit_and_approve(UA, lines=lines, to_balance=False)


type Fault = Callable[[Month, Decimal], None]


def deliver_to_nobody(of: Month, _: Decimal) -> None:
    let_variances_wait(of.world)
    of.world.moment += timedelta(days=9)


def name_of(fault: object) -> str:
    return str(getattr(fault, "__name__", fault))


FAULTS: dict[Fault, VarianceCategory] = {
    drop: VarianceCategory.MISSING_IN_ERP,
    never_post: VarianceCategory.NOT_POSTED,
    double: VarianceCategory.POSTED_TWICE,
    change_amount: VarianceCategory.AMOUNT,
    change_tax: VarianceCategory.TAX,
    change_currency: VarianceCategory.CURRENCY,
    delay: VarianceCategory.TIMING,
    forget_the_confirmation: VarianceCategory.TIMING,
    post_without_invoice: VarianceCategory.MISSING_IN_BILLING,
    book_a_bank_fee: VarianceCategory.FEE,
    lose_the_document: VarianceCategory.MISSING_IN_BILLING,
    cut_the_payment: VarianceCategory.SHORT_PAID,
    keep_a_fee_of_the_payment: VarianceCategory.FEE,
    pay_too_much: VarianceCategory.UNAPPLIED,
    pay_without_a_name: VarianceCategory.UNKNOWN_PAYER,
    credit_what_was_paid: VarianceCategory.OVER_PAID,
    deliver_to_nobody: VarianceCategory.NOT_DELIVERED,
}
ROUNDED: set[Fault] = {change_amount, change_tax, cut_the_payment, credit_what_was_paid}
CENT = Decimal("0.01")


@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
@SETTINGS
@given(amount=st.decimals("0.02", "19.99", places=2))
def test_the_category_is_that_of_what_was_done(fault: Fault, amount: Decimal) -> None:
    of = month()
    assert of.found() == []
    fault(of, amount)
    assert {one.category for one in of.found()} == {FAULTS[fault]}
    for one in of.found():
        assert one.amount is not None
        assert (one.amount.amount > 0, bool(one.owner), one.age_days >= 0, one.since is not None) == (True,) * 4
        assert one.billing_account == (
            "" if fault in {post_without_invoice, book_a_bank_fee, pay_without_a_name} else "UA"
        )


@pytest.mark.parametrize("fault", sorted(ROUNDED, key=name_of), ids=name_of)
def test_a_cent_is_rounding(fault: Fault) -> None:
    of = month()
    fault(of, CENT)
    assert {one.category for one in of.found()} == {VarianceCategory.ROUNDING}


def test_the_list_is_closed_and_each_of_it_is_found() -> None:
    assert set(CATEGORIES) == set(Cause)
    assert {*FAULTS.values(), VarianceCategory.ROUNDING} == set(VarianceCategory)
    assert len(VarianceCategory) == 15


def test_the_age_counts_from_the_day_of_the_document_in_the_time_zone_of_the_legal_entity() -> None:
    of = month()
    drop(of, CENT)
    of.world.moment = of.world.moment.replace(day=12, hour=3)  # still the 11th in New York
    (one,) = of.found()
    assert (str(one.since), one.age_days) == ("2013-02-01", 10)
