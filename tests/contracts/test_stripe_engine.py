"""The adapter of Stripe Tax alone: what it is asked, what it answers, and where its key comes from."""

import pytest

from billproof.adapters.aws.clients import client
from billproof.adapters.stripe.tax import StripeTax
from billproof.composition import Composition
from billproof.errors import Conflict, UndeterminedTax
from billproof.masterdata.parties import TaxEngineName
from billproof.money import Money
from billproof.settings import Settings
from billproof.tax.port import TaxQuestion
from billproof_ops.demo import story
from tests.support.stripe_server import FakeStripe
from tests.support.world import INC

DATA = story.master_data()


def test_currencies_that_stripe_rounds_are_not_asked_about(stripe: FakeStripe) -> None:
    question = TaxQuestion(
        seller=DATA.legal_entities[0],
        customer=DATA.accounts[0],
        net=Money.of("1.234", "KWD"),
        tax_point=DATA.contracts[0].effective.start,
    )
    with pytest.raises(UndeterminedTax, match="KWD, which has 3 decimals"):
        StripeTax("sk_test", base=stripe.base).calculate(question)


def test_nexus_reverse_charge_and_a_part_that_is_taxable(stripe: FakeStripe) -> None:
    engine = StripeTax("sk_test", base=stripe.base)
    inc = next(each for each in DATA.legal_entities if each.id == INC)
    net = Money.of("100", "USD")
    found = {}
    for name in ("MQ", "UA", "US"):
        account = next(each for each in DATA.accounts if each.id == name)
        question = TaxQuestion(seller=inc, customer=account, net=net, tax_point=DATA.contracts[0].effective.start)
        answer = engine.calculate(question)
        found[name] = (
            answer.determination.treatment,
            answer.determination.jurisdiction,
            f"{answer.determination.percent:f} of {answer.determination.taxable_share:f}",
            answer.tax.text,
        )
    assert found == {
        "MQ": ("standard", "US-TX", "6.25 of 0.8", "5.00"),
        "UA": ("no_nexus", "US-IL", "0 of 0", "0.00"),
        "US": ("reverse_charge", "DE", "0 of 0", "0.00"),
    }


def test_what_stripe_refuses_is_a_conflict(stripe: FakeStripe) -> None:
    engine = StripeTax("sk_test", base=stripe.base)
    with pytest.raises(Conflict, match="the calculation has expired"):
        engine.commit("taxcalc_gone", reference="N-1/US")
    question = TaxQuestion(
        seller=DATA.legal_entities[0],
        customer=next(each for each in DATA.accounts if each.id == "US"),
        net=Money.of("-1", "EUR"),
        tax_point=DATA.contracts[0].effective.start,
    )
    with pytest.raises(UndeterminedTax, match="must not be negative"):
        engine.calculate(question)


def test_a_function_takes_the_key_from_its_secret(monkeypatch: pytest.MonkeyPatch, stripe: FakeStripe) -> None:
    assert Composition(Settings({})).tax_engines == {}
    asked: list[str] = []

    class Secrets:
        def get_secret_value(self, **fields: str) -> dict[str, str]:
            asked.append(fields["SecretId"])
            return {"SecretString": "sk_test"}

    monkeypatch.setattr(
        "billproof.event_ports.client", lambda name: Secrets() if name == "secretsmanager" else client(name)
    )
    engines = Composition(Settings({"STRIPE_SECRET_ARN": "arn:stripe"})).tax_engines
    assert asked == ["arn:stripe"]
    assert isinstance(engines[TaxEngineName.STRIPE], StripeTax)
