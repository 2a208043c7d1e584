"""What was billed of a commitment's term that there is no more: which terms those are, and what is given back."""

from datetime import date
from decimal import Decimal

from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.money import Rounding
from billproof.periods import Period
from billproof.pricing.commitment_terms import MODEL, terms_over
from billproof.pricing.commitments import commitment_lines, gone_terms
from billproof.pricing.model import LineKind, PricedLine
from billproof.pricing.terms import Committed
from tests.support.taxes import fee

APRIL = Period.month("2013-04")


def shortfall(start: str, end: str, net: str, term: str = "minimum", contract: str = "K") -> PricedLine:
    line = fee(start, end, net)
    why = line.explanation.model_copy(update={"price_model": MODEL, "contract": contract})
    changes = {"id": f"{term}:{start}", "kind": LineKind.COMMITMENT, "term": term, "charge": term, "explanation": why}
    return line.model_copy(update=changes)


def credited(line: PricedLine, net: str) -> PricedLine:
    """A credit note's line has the price model of the line that it takes something back of."""
    changes = {"id": f"credit:{line.id}", "kind": LineKind.CREDIT_NOTE, "explanation": line.explanation}
    return fee("2013-01-01", "2013-02-01", net).model_copy(
        update={**changes, "term": line.term, "service_period": line.service_period}
    )


def contract(end: str) -> Contract:
    commitment = {
        "id": "minimum",
        "name": "minimum",
        "amount": "100",
        "charges": ["fee"],
        "revenue_category": "subscription",
        "effective": {"start": "2013-01-01"},
        "months": 2,
    }
    charge = {
        "id": "fee",
        "name": "Fee",
        "product": "platform",
        "revenue_category": "subscription",
        "timing": "in_arrears",
        "effective": {"start": "2013-01-01"},
        "price": {"model": "flat", "amount": "10"},
    }
    return Contract.model_validate(
        {
            "id": "K",
            "account": "UA",
            "version": 1,
            "signed_by": "s",
            "effective": {"start": "2013-01-01", "end": end},
            "currency": "EUR",
            "time_zone": "UTC",
            "charges": [charge],
            "commitments": [commitment],
        }
    )


JANUARY_ON = shortfall("2013-01-01", "2013-03-01", "80")
MARCH_ON = shortfall("2013-03-01", "2013-04-01", "40.82")


def gone(*lines: PricedLine) -> dict[tuple[str, str, date], Decimal]:
    (timeline,) = timelines([contract("2013-03-01")], APRIL)
    terms = gone_terms(terms_over(timeline, APRIL), lines)
    assert all(known.gone is not None and known.gone.kind is LineKind.COMMITMENT for known in terms)
    return {(known.contract, known.commitment, known.start): known.billed for known in terms}


def test_a_term_is_gone_that_was_billed_and_has_no_day_any_more() -> None:
    march = ("K", "minimum", date(2013, 3, 1))
    assert gone(JANUARY_ON, MARCH_ON) == {march: Decimal("40.82")}
    assert gone(MARCH_ON, credited(MARCH_ON, "-10")) == {march: Decimal("30.82")}
    assert gone(MARCH_ON, credited(MARCH_ON, "-40.82")) == {}
    other = shortfall("2013-01-01", "2013-03-01", "7", "other")
    elsewhere = shortfall("2013-01-01", "2013-03-01", "8", contract="L")
    both = {("K", "other", date(2013, 1, 1)): Decimal(7), ("L", "minimum", date(2013, 1, 1)): Decimal(8)}
    assert gone(other, elsewhere, JANUARY_ON, fee("2013-01-01", "2013-02-01", "5")) == both


def test_what_is_billed_of_a_gone_term_is_given_back_by_its_own_contract() -> None:
    (timeline,) = timelines([contract("2013-03-01")], APRIL)

    def known(line: PricedLine) -> Committed:
        of_term = {"contract": line.explanation.contract, "commitment": line.term, "start": line.service_period.start}
        return Committed(**of_term, reached=Decimal(0), billed=line.net.amount, gone=line)

    of_other = known(shortfall("2013-03-01", "2013-04-01", "9", contract="L"))
    before = {("K", "minimum", date(2013, 3, 1)): known(MARCH_ON), ("L", "minimum", date(2013, 3, 1)): of_other}
    (line,) = commitment_lines(timeline, APRIL, [], before, Rounding.HALF_UP)
    assert (line.id, line.net.text, line.explanation.exact_amount) == (MARCH_ON.id, "-40.82", Decimal("-40.82"))
    assert [(step.label, step.amount) for step in line.explanation.steps] == [
        ("of the shortfall before", Decimal("-40.82"))
    ]
    assert line.explanation.note == "no longer owed"
