"""Which questions an external tax engine is asked, and what becomes of its answers: one for an account and a day."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account, TaxEngineName
from billproof.money import Money, Rounding, Taxed
from billproof.pricing.model import PricedAccount, PricedLine, line_identity
from billproof.pricing.terms import AccountTerms
from billproof.tax.asking import ask
from billproof.tax.charged import AccountCharges, ChargedPart, ChargedTax, KeptTax
from billproof.tax.line_taxes import LineTaxes
from billproof.tax.model import AccountTax, Determination, TaxedLine, TaxPart, Treatment
from billproof.tax.port import TaxAnswer, TaxQuestion, TaxTransaction, calculation_key, is_of
from billproof.tax.service import tax_account
from billproof.tax.time_of_supply import InvoiceDays
from tests.support.taxes import customer, difference, fee, plan_of, seller

STRIPE = TaxEngineName.STRIPE
NOWHERE = Determination(
    jurisdiction="XX",
    treatment=Treatment.STANDARD,
    percent=Decimal(10),
    taxable_share=Decimal(1),
    reason="the engine says so",
    source="a test",
    rules_version="engine",
    tax_point=date(2026, 1, 31),
    needs_review=False,
)


@dataclass
class Engine:
    """Answers with a tenth of the net amount, half up, and remembers what it was asked."""

    asked: list[TaxQuestion] = field(default_factory=list)

    def calculate(self, question: TaxQuestion) -> TaxAnswer:
        self.asked.append(question)
        tax = Money.rounded(question.net.amount / 10, question.net.currency, Rounding.HALF_UP)
        return TaxAnswer(calculation=f"calculation {len(self.asked)}", tax=tax, determination=NOWHERE)

    def commit(self, calculation: str, *, reference: str) -> TaxTransaction:
        raise AssertionError(calculation, reference)

    def void(self, transaction: TaxTransaction, *, reference: str, amounts: Taxed) -> None:
        raise AssertionError(transaction, reference, amounts)


ENTITY = seller("DE", tax_engine="stripe", id="inc")
PARENT, CHILD = customer("US", "TX", id="UA"), customer("FR", None, "75001", id="EV", parent="UA")
JANUARY, FEBRUARY = ("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01")


def taxes(
    *lines: PricedLine, issued: str = "2026-03-01", engine: Engine | None = None, **more: Any
) -> tuple[AccountTax, Engine]:
    engine = engine or Engine()
    plan = plan_of(ENTITY, lines[0], issued)
    priced = PricedAccount(account="UA", currency="EUR", period=plan.period, lines=lines)
    terms = AccountTerms(account=PARENT, children=(CHILD,), contracts=())
    engines = more.pop("engines", {STRIPE: engine})
    return tax_account(terms, priced, plan=plan, engines=engines, **more), engine


def questions(engine: Engine) -> list[tuple[str, str, str]]:
    return [(question.customer.id, question.net.text, str(question.tax_point)) for question in engine.asked]


def test_the_lines_of_an_account_and_a_day_are_one_question() -> None:
    """10 % of 100.04 are 10.00; of 50.02, 5.00: apart 5.00 + 5.00, of lines of 50.02 and 50.02."""
    lines = [fee(*JANUARY, "50.02", id="a"), fee(*JANUARY, "30.05", id="b", account="EV"), fee(*JANUARY, "50.02")]
    tax, engine = taxes(*lines)
    assert questions(engine) == [("UA", "100.04", "2026-01-31"), ("EV", "30.05", "2026-01-31")]
    assert [(line.line, line.amounts.net.text, line.amounts.tax.text) for line in tax.lines] == [
        ("a", "50.02", "5.00"),
        ("b", "30.05", "3.01"),
        ("fee:2026-01", "50.02", "5.00"),
    ]
    assert tax.calculations == {"UA": "calculation 1", "EV": "calculation 2"}
    assert {line.determination for line in tax.lines} == {NOWHERE}
    assert (tax.account, tax.findings) == ("UA", ())


def test_the_tax_of_a_question_is_shared_over_its_lines() -> None:
    """Three lines of 0.05 bear half a cent each, rounded up to 0.03 in all: the engine says 0.02 for them together."""
    tax, _ = taxes(*(fee(*JANUARY, "0.05", id=name) for name in "abc"))
    assert [line.amounts.tax.text for line in tax.lines] == ["0.00", "0.01", "0.01"]
    assert [line.tax_by_line.text for line in tax.lines] == ["0.01", "0.01", "0.01"]


def test_an_account_with_several_tax_points_has_a_calculation_for_each_of_them() -> None:
    lines = [fee(*JANUARY, "10"), fee(*FEBRUARY, "20"), fee(*FEBRUARY, "30", account="EV")]
    tax, engine = taxes(*lines)
    assert questions(engine) == [
        ("UA", "10.00", "2026-01-31"),
        ("UA", "20.00", "2026-02-28"),
        ("EV", "30.00", "2026-02-28"),
    ]
    assert tax.calculations == {
        "UA@2026-01-31": "calculation 1",
        "UA@2026-02-28": "calculation 2",
        "EV": "calculation 3",
    }


def test_no_tax_point_is_later_than_the_invoice() -> None:
    _, engine = taxes(fee(*JANUARY, "10"), fee(*FEBRUARY, "20", id="b"), issued="2026-02-01")
    assert questions(engine) == [("UA", "10.00", "2026-01-31"), ("UA", "20.00", "2026-02-01")]


def test_what_takes_back_what_was_charged_has_the_tax_point_of_what_was_charged() -> None:
    before = fee(*JANUARY, "100")
    charged = charged_on(before, NOWHERE.model_copy(update={"tax_point": date(2025, 7, 1)}))
    _, engine = taxes(fee(*FEBRUARY, "80"), difference(before, "-30"), charged=charged)
    assert questions(engine)[0] == ("UA", "80.00", "2026-02-28")
    (finding,) = taxes(fee(*FEBRUARY, "80"), difference(before, "-30"), charged=charged)[0].findings
    assert finding.message == "the lines of UA come to -30.00 EUR, and stripe is asked for what is due only"


def test_the_parties_are_asked_about_as_they_were_at_the_tax_point() -> None:
    moved = [{"until": "2026-02-01", "address": PARENT.address, "customer_kind": "consumer", "vat_number": "OLD"}]
    parent = Account.model_validate({**PARENT.model_dump(), "earlier": moved})
    line, engine = fee(*JANUARY, "10"), Engine()
    office = {"until": "2026-02-01", "address": {**ENTITY.address.model_dump(), "city": "Elsewhere"}}
    entity = ENTITY.model_validate({**ENTITY.model_dump(), "earlier_addresses": [office]})
    plan = plan_of(entity, line, "2026-03-01")
    priced = PricedAccount(account="UA", currency="EUR", period=plan.period, lines=(line,))
    tax_account(AccountTerms(account=parent, contracts=()), priced, plan=plan, engines={STRIPE: engine})
    (question,) = engine.asked
    assert (question.customer.vat_number, question.seller.address.city) == ("OLD", "Elsewhere")


def test_what_comes_to_nothing_is_not_asked_about() -> None:
    tax, engine = taxes(fee(*JANUARY, "10", id="a"), fee(*JANUARY, "-10", id="b"))
    assert engine.asked == []
    assert tax.calculations == {}
    assert [(line.amounts.net.text, line.amounts.tax.text) for line in tax.lines] == [
        ("10.00", "0.00"),
        ("-10.00", "0.00"),
    ]
    assert tax.lines[0].determination.model_dump(mode="json") == {
        "jurisdiction": "US",
        "treatment": "not_taxable",
        "percent": "0",
        "taxable_share": "0",
        "reason": "nothing is due",
        "source": "stripe was not asked",
        "rules_version": "none",
        "tax_point": "2026-01-31",
        "needs_review": False,
        "components": [],
    }


REFUSED: list[tuple[list[PricedLine], dict[str, Any], str]] = [
    ([fee(*JANUARY)], {"engines": {}}, "inc has its tax determined by stripe, which is not set up"),
    ([fee(*JANUARY)], {"engines": None}, "inc has its tax determined by stripe, which is not set up"),
    ([fee(*JANUARY, includes_tax=True)], {}, "stripe is asked for the tax on net prices only"),
    (
        [fee(*JANUARY), fee(*JANUARY, "-0.01", account="EV")],
        {},
        "the lines of EV come to -0.01 EUR, and stripe is asked for what is due only",
    ),
]


@pytest.mark.parametrize(("lines", "more", "said"), REFUSED)
def test_what_cannot_be_asked_holds_the_account(lines: list[PricedLine], more: dict[str, Any], said: str) -> None:
    tax, _ = taxes(*lines, **more)
    (finding,) = tax.findings
    assert (finding.message, finding.account, finding.code) == (said, "UA", "undetermined_tax")
    assert (tax.lines, tax.calculations) == ((), {})
    with pytest.raises(UndeterminedTax) as refused:
        asked_alone(lines, None if "engines" in more else Engine())
    assert (refused.value.message, refused.value.details) == (said, {"account": "UA"})


def asked_alone(lines: list[PricedLine], engine: Engine | None) -> object:
    priced = PricedAccount(account="UA", currency="EUR", period=lines[0].service_period, lines=tuple(lines))
    terms = AccountTerms(account=PARENT, children=(CHILD,), contracts=())
    days = InvoiceDays(date(2026, 3, 1), date(2026, 3, 31))
    line_taxes = LineTaxes(ENTITY, terms.members, lines, days, charged={}, kept={})
    return ask(terms, priced, line_taxes, entity=ENTITY, engine=engine)


def test_a_line_is_of_the_calculation_of_its_account_or_of_its_account_and_day() -> None:
    day, other = date(2026, 1, 31), date(2026, 2, 1)
    assert (calculation_key("UA", None), calculation_key("UA", day)) == ("UA", "UA@2026-01-31")
    assert [is_of(key, "UA", day) for key in ("UA", "UA@2026-01-31", "UA@2026-02-01", "EV")] == [
        True,
        True,
        False,
        False,
    ]
    assert not is_of("UA@2026-01-31", "UA", other)


def charged_on(line: PricedLine, determination: Determination, **more: Any) -> AccountCharges:
    part = ChargedPart(price=line.net, determination=determination)
    tax = ChargedTax(
        contract="K", period=line.service_period.name, line=line.id, dimension=line.dimension, parts=(part,)
    )
    return AccountCharges(account="UA", taxes=(tax,), **more)


GERMANY, GERMAN = seller("DE"), customer("DE", None, "10117", id="UA")
KEPT = NOWHERE.model_copy(update={"rules_version": "of before", "percent": Decimal(7)})


def kept(line: PricedLine, determination: Determination = KEPT, *, parts: tuple[TaxPart, ...] = ()) -> TaxedLine:
    amounts = Taxed.of(line.net, Money.of("7", "EUR"))
    return TaxedLine(
        line=line.id,
        taxable_base=line.net,
        amounts=amounts,
        tax_by_line=amounts.tax,
        determination=determination,
        parts=parts,
    )


def by_rules(line: PricedLine, account: Account = GERMAN, **more: Any) -> AccountTax:
    plan = plan_of(GERMANY, line, "2026-02-01")
    priced = PricedAccount(account="UA", currency="EUR", period=plan.period, lines=(line,))
    return tax_account(AccountTerms(account=account, contracts=()), priced, plan=plan, **more)


def identity(line: PricedLine) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    return line_identity("K", line.id, line.dimension)


def test_the_tax_of_an_earlier_version_of_the_rules_stands() -> None:
    line = fee(*JANUARY)
    now = by_rules(line).lines[0].determination
    (stands,) = by_rules(line, kept={identity(line): kept(line)}).lines
    assert (stands.determination, stands.amounts.tax.text) == (KEPT, "7.00")
    same_version = KEPT.model_copy(update={"rules_version": now.rules_version})
    (anew,) = by_rules(line, kept={identity(line): kept(line, same_version)}).lines
    assert (anew.determination, anew.amounts.tax.text) == (now, "19.00")
    (other,) = by_rules(line, kept={identity(fee(*FEBRUARY)): kept(line)}).lines
    assert other.determination == now


def test_the_tax_of_a_released_invoice_stands_where_the_rules_say_nothing_now() -> None:
    line, nobody = fee(*JANUARY), customer("DE", None, "1", "Büsingen", id="UA")
    assert by_rules(line, nobody).lines == ()
    of_before = KeptTax(contract="K", dimension={}, taxed=kept(line))
    charges = AccountCharges(account="UA", kept=(of_before,))
    (stands,) = by_rules(line, nobody, charged=charges).lines
    assert (stands.determination, stands.amounts.tax.text) == (KEPT, "7.00")


def test_a_line_that_was_divided_is_divided_as_it_was() -> None:
    """Two thirds at 7 % and a third at 10 %, as 20.00 and 10.00 of 30.00 were: 66.67 and 33.33 of 100.00."""
    line = fee(*JANUARY)
    first, second = fee("2026-01-01", "2026-01-21").covered, fee("2026-01-21", "2026-02-01").covered
    parts = tuple(
        TaxPart(
            days=days,
            taxable_base=Money.of(net, "EUR"),
            amounts=Taxed.of(Money.of(net, "EUR"), Money.zero("EUR")),
            tax_by_line=Money.zero("EUR"),
            determination=tax,
        )
        for days, net, tax in ((first, "-20", KEPT), (second, "10", NOWHERE))
    )
    known = {identity(line): kept(line, parts=parts)}
    (stands,) = by_rules(line, kept=known).lines
    rows = [(part.days, part.amounts.net.text, part.amounts.tax.text, part.determination) for part in stands.parts]
    assert rows == [(first, "66.67", "4.67", KEPT), (second, "33.33", "3.33", NOWHERE)]
    nothing = fee(*JANUARY, "0")
    (zero,) = by_rules(nothing, kept=known).lines
    assert (zero.parts, zero.determination, zero.amounts.gross.text) == ((), KEPT, "0.00")
