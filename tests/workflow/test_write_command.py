"""`billproof write`, over the world in memory: what is stored becomes a text, and nothing is stored of it."""

import json
from typing import Any

import pytest

from billproof.findings import VarianceCategory
from billproof.reconciliation.model import Cause, Variance
from billproof.writing.checking import problems_of
from billproof.writing.contract_changes import sources_of_change
from billproof.writing.model import TextSources, WriterAnswer
from billproof.writing.templates import TEMPLATES
from billproof.writing.variances import WHY, sources_of_variance
from billproof_ops import writing
from tests.support.balances import JAN
from tests.support.cash import cash_world, usd
from tests.support.closing import close, of_report, short_paid
from tests.support.disputes import UA, dispute
from tests.support.faults import snapshot
from tests.support.world import INC, World
from tests.support.writing import on, write


@pytest.fixture
def paid_short(monkeypatch: pytest.MonkeyPatch) -> World:
    """UA paid 20.00 of 30.00 for January, which was reconciled."""
    return on(short_paid(), monkeypatch)


def test_a_variance_is_explained_with_its_sources_and_nothing_is_stored(paid_short: World) -> None:
    (variance,) = of_report(paid_short)
    before = snapshot(paid_short)
    code, text = write("variance", variance.id, "-p", JAN)
    assert code == 0, text
    lines = text.splitlines()
    assert lines[0] == f"Variance {variance.id} of 2013-01, over 10.00 USD"
    assert "Comparison: 30.00 USD was to be, and 20.00 USD is." in lines
    assert "What happened: a part of the invoice is paid, and the rest is open." in lines
    assert "no token was paid for" in text
    assert write("variance", variance.id, "-p", JAN) == (0, text)
    assert snapshot(paid_short) == before
    code, text = write("variance", "V0", "-p", JAN)
    assert (code, variance.id in text) == (1, True)


def test_every_cause_of_a_variance_has_its_explanation() -> None:
    assert WHY.keys() == {*Cause}
    for cause in Cause:
        variance = Variance(
            cause=cause,
            invoice=UA,
            external_reference="A-1",
            invoiced=usd("12.00"),
            posted=usd("-3.10"),
            owner="billing",
            remedy="look into it: 5 % of it, today",
            account="4000",
            category=VarianceCategory.AMOUNT,
            id="V1",
        )
        sources = sources_of_variance(variance, JAN, None)
        assert problems_of(TEMPLATES[sources.kind](sources), sources) == ()


def test_the_note_of_a_close_says_what_is_open_and_who_answers_for_it(paid_short: World) -> None:
    (variance,) = of_report(paid_short)
    before = snapshot(paid_short)
    code, text = write("close", JAN)
    assert code == 0, text
    assert (write("close", JAN), snapshot(paid_short)) == ((0, text), before)
    assert "Sign-off: the month is not signed off." in text
    assert "- short paid: 1 variance, together 10.00 USD" in text
    close(paid_short, points=(variance.id,), reason="the rest is promised for March, 100 % sure")
    code, text = write("close", JAN, "-e", INC)
    assert code == 0, text
    assert "Sign-off: the month is signed off.\nIt was signed by ana on 2013-" in text
    assert "United Air Lines Inc., accepted by ana: “the rest is promised for March, 100 % sure”" in text


def test_a_month_that_was_not_reconciled_has_no_note(monkeypatch: pytest.MonkeyPatch) -> None:
    on(cash_world(JAN), monkeypatch)
    code, text = write("close", JAN)
    assert (code, "was not reconciled yet" in text) == (1, True)


def test_an_answer_to_a_dispute_says_how_the_line_was_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = on(cash_world(JAN), monkeypatch)
    dispute(world, line=f"fee:{JAN}", amount="12", reason="it was down; we pay 5,000 EUR to nobody")
    before = snapshot(world)
    code, text = write("dispute", "UA", "1")
    assert code == 0, text
    assert (write("dispute", "UA", "1"), snapshot(world)) == ((0, text), before)
    assert "You dispute 12.00 USD of our invoice SKY-US-2013-000001, because of the service." in text
    assert "in these words: “it was down; we pay 5,000 EUR to nobody”" in text
    assert "- fixed amount: 1 x 30 = 30" in text
    assert "We have not decided this yet; we decide it by 2013-03-31 at the latest." in text
    assert write("dispute", "UA", "2")[0] == 1


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("rejected", "We have examined this, and the invoice stands as it is: we do not credit it"),
        ("upheld", "We accept your dispute over 12.00 USD; the credit note is prepared and not released yet"),
    ],
)
def test_an_answer_says_what_was_decided(verdict: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = on(cash_world(JAN), monkeypatch)
    dispute(world, line=f"fee:{JAN}", amount="12")
    decide(world, verdict)
    code, text = write("dispute", "UA", "1")
    assert code == 0, text
    assert f"{said}." in text
    assert "for this reason: “as we told them”" in text


def test_terms_of_a_contract_in_words_do_not_leave_and_numbers_do() -> None:
    contract = cash_world(JAN).directory.contracts("UA")[0]
    fee = contract.charges[0]
    dearer = fee.price.model_copy(update={"amount": usd("36.5").amount})
    other = fee.model_copy(update={"price": dearer, "name": "Seats for Erika", "product": "erikas"})
    account = cash_world(JAN).directory.account("UA")
    assert account is not None
    changed = contract.model_copy(update={"version": 2, "charges": (other, *contract.charges[1:])})
    facts = [fact for fact in sources_of_change(account, contract, changed).facts if fact.name.startswith("change_")]
    assert sorted((fact.personal, "Erika" in fact.text or "erikas" in fact.text) for fact in facts) == [
        (False, False),
        (True, True),
        (True, True),
    ]


def decide(world: World, verdict: str) -> None:
    from tests.support.api_events import answer, api_event
    from tests.support.invoking import Context, handler  # the function of the API decides it

    body = {"legal_entity": INC, "verdict": verdict, "amount": None, "reason": "as we told them"}
    event = api_event(body, "ana", account="UA", dispute="1")
    answer(handler("resolve_dispute")(event, Context(), world))


def test_a_change_of_a_contract_is_summarised_term_by_term(monkeypatch: pytest.MonkeyPatch) -> None:
    world = on(cash_world(JAN), monkeypatch)
    code, text = write("contract-change", "UA")
    assert (code, "is its first" in text) == (1, True)
    (first,) = world.directory.contracts("UA")
    fee, *others = first.charges
    dearer = fee.model_copy(update={"price": fee.price.model_copy(update={"amount": usd("36.5").amount})})
    second = first.model_copy(
        update={
            "version": 2,
            "charges": (dearer, *others),
            "signed_by": "Max 100 %",
            "purchase_order": "PO-77 of today",
        }
    )
    world.publish(second)
    before = snapshot(world)
    code, text = write("contract-change", "UA")
    assert (write("contract-change", "UA"), snapshot(world)) == ((0, text), before)
    assert code == 0, text
    assert "version 2 governs in place of version 1.\nIt was signed by “Max 100 %”." in text
    assert f"- charges, {fee.id}, price, amount: from 30 to 36.5\n" in text
    assert "- purchase order: “PO-77 of today”, which was not there before\n" in text
    assert write("contract-change", "UA", "--version", "7")[0] == 1
    assert write("contract-change", "UA", "--contract", "none")[0] == 1


class Liar:
    """Stands in for the model: it adds a discount that nobody granted."""

    name, is_outside = "liar", True

    def write(self, sources: TextSources, **_: Any) -> WriterAnswer:
        text = f"{TEMPLATES[sources.kind](sources)}\nWe grant you 5 percent."
        return WriterAnswer.model_validate({"text": text, "tokens": {"given": 1_000_000, "returned": 500_000}})


def test_a_refused_text_of_a_model_is_said_with_what_it_cost(
    paid_short: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (variance,) = of_report(paid_short)
    monkeypatch.setattr(writing, "writer_of", lambda model: {"liar": Liar()}[model])
    words = ("variance", variance.id, "-p", JAN, "--model", "liar")
    code, text = write(*words)
    assert (code, text.count("refused a text of liar:")) == (0, 2), text
    assert "  figure: percent is in no source\n" in text
    assert "Written by template from" in text
    assert "2000000 tokens given, 1000000 returned: set BILLPROOF_WRITER_INPUT_PRICE" in text
    monkeypatch.setenv(writing.PRICE_GIVEN, "0.06")
    monkeypatch.setenv(writing.PRICE_RETURNED, "0.24")
    assert "returned: 0.36 USD." in write(*words)[1]
    shown = json.loads(write(*words, "--json")[1])
    assert (shown["writer"], shown["cost_usd"], len(shown["refused"])) == ("template", "0.36", 2)
    monkeypatch.setenv(writing.PRICE_GIVEN, "-1")
    code, text = write(*words)
    assert (code, "such as 0.06" in text) == (1, True)
