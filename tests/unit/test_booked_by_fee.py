"""What a month that is settled again states, by the rule by which its documents are booked."""

import pytest

from billproof.contracts.model import Contract
from billproof.pricing.terms import BookingRule
from tests.support.priced_accounts import billed_of, earlier_of, plan_of, priced, terms_of
from tests.support.whole_contracts import charge, off, version


def terms(percent: str) -> Contract:
    return version(1, "2012-01-01", charge("fee", "100"), discounts=[off("d", percent=percent)])


@pytest.mark.parametrize(
    ("booking", "stated"),
    [
        (BookingRule.BY_FEE, [("difference:fee:2013-01", "0.00"), ("difference:d:fee:2013-01", "-10.00")]),
        (BookingRule.BY_DOCUMENT, [("difference:d:fee:2013-01", "-10.00")]),
        (BookingRule.BY_LINE, [("difference:d:fee:2013-01", "-10.00")]),
    ],
)
def test_a_fee_is_stated_anew_with_its_discount_where_both_are_booked_together(
    booking: BookingRule, stated: list[tuple[str, str]]
) -> None:
    before = priced(terms_of(terms("10")), plan_of("2013-01"))
    month = earlier_of("2013-01", terms("20"), billed=map(billed_of, before.lines))
    now = priced(terms_of(terms("20"), earlier=(month,), booking=booking), plan_of("2013-02"))
    differences = [line for line in now.lines if line.adjusts is not None]
    assert [(line.id, line.net.text) for line in differences] == stated
