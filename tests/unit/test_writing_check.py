"""A text is refused where it states what no source has: writers that lie, and what of a lie the check cannot see."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.writing.checking import MOST_TEXT, problems_of
from billproof.writing.facts import amount, clause, day, named, number, reference
from billproof.writing.model import SourceFact, TextFault, TextKind, TextSources
from billproof.writing.templates import TEMPLATES
from billproof_ops.paths import ROOT
from tests.support.text_sources import CLOSE, CONTRACT_CHANGE, DISPUTE, FIXED_SET, VARIANCE, usd


def text_of(sources: TextSources) -> str:
    return TEMPLATES[sources.kind](sources)


def faults(text: str, sources: TextSources) -> set[str]:
    return {problem.fault.value for problem in problems_of(text, sources)}


@pytest.mark.parametrize("name", FIXED_SET)
def test_the_template_is_sound_and_states_the_expected_facts_of_the_fixed_set(name: str) -> None:
    sources, expected = FIXED_SET[name]
    text = text_of(sources)
    assert problems_of(text, sources) == ()
    assert [fact for fact in expected if fact not in text] == []


LIES = {
    "a changed digit": (DISPUTE, "1234.50 USD", "1234.60 USD", "figure"),
    "another currency": (DISPUTE, "1234.50 USD", "1234.50 EUR", "figure"),
    "a rounded amount": (DISPUTE, "1234.50 USD", "1235 USD", "figure"),
    "an amount without its cents": (DISPUTE, "net 2469.00 USD", "net 2469 USD", "figure"),
    "an amount that is computed": (DISPUTE, "net 2469.00 USD", "net 2469.00 USD, by month 205.75 USD", "figure"),
    "the wrong sign": (DISPUTE, "tax -17.28 USD", "tax 17.28 USD", "figure"),
    "a sign that is added": (DISPUTE, "in all 2451.72 USD", "in all -2451.72 USD", "figure"),
    "a sign apart from its figure": (DISPUTE, "in all 2451.72 USD", "in all - 2451.72 USD", "figure"),
    "a sign in a word": (DISPUTE, "in all 2451.72 USD", "in all minus 2451.72 USD", "figure"),
    "a sign as a bracket": (DISPUTE, "in all 2451.72 USD", "in all (2451.72 USD)", "figure"),
    "thousands put before": (DISPUTE, "in all 2451.72 USD", "in all 1 2451.72 USD", "figure"),
    "another unit": (DISPUTE, "29 of 31 days", "29 of 31 weeks", "figure"),
    "a unit of time added": (DISPUTE, "net 2469.00 USD", "net 2469.00 USD per day", "figure"),
    "a unit swapped": (VARIANCE, "43 days", "43 months", "figure"),
    "a percentage": (CLOSE, "receivable 106990.10 USD", "receivable 106990.10 USD, which is 99.8 %", "figure"),
    "a percentage in words": (CLOSE, "receivable", "nearly all, some ninety-nine percent, receivable", "figure"),
    "a figure in words": (DISPUTE, "We have not decided", "We credit you fifty dollars. We have not decided", "figure"),
    "half of it": (DISPUTE, "We have not decided", "We credit you half of it. We have not decided", "figure"),
    "digits of another script": (DISPUTE, "1234.50 USD", "١٢٣٤.٥٠ USD", "figure"),
    "digits that are wide": (DISPUTE, "1234.50 USD", "\uff11\uff12\uff13\uff14.50 USD", "figure"),
    "a letter that looks like another": (DISPUTE, "Kind regards", "Kind reg\u0430rds", "character"),
    "a letter that nobody sees": (DISPUTE, "net 2469.00 USD", "net 24\u200b69.00 USD", "figure"),
    "another date": (DISPUTE, "on 2013-03-10", "on 2013-03-11", "figure"),
    "a date in words": (DISPUTE, "on 2013-03-10", "on Tuesday", "date"),
    "a relative date": (DISPUTE, "on 2013-03-10", "last month", "date"),
    "a month without its year": (DISPUTE, "on 2013-03-10", "in March", "name"),
    "an invented clause": (DISPUTE, "Kind regards", "“No credit is due for downtime.”\n\nKind regards", "clause"),
    "a clause that lost a word": (DISPUTE, "we pay no 5000 EUR”", "we pay 5000 EUR”", "clause"),
    "a part of a clause": (DISPUTE, " and nobody from Globex GmbH answered; we pay no 5000 EUR", "", "clause"),
    "a figure of a clause": (DISPUTE, "Kind regards", "You owe 5000 EUR.\n\nKind regards", "figure"),
    "a name of a clause": (DISPUTE, "Kind regards", "We shall ask Globex about it.\n\nKind regards", "name"),
    "another customer": (DISPUTE, "Dear Acme Airlines Inc", "Dear Globex GmbH", "name"),
    "another customer beside it": (DISPUTE, "Kind regards", "Globex pays less.\n\nKind regards", "name"),
    "an invented reference": (DISPUTE, "SKY-US-2013-000017", "SKY-US-2013-000018", "figure"),
    "a reference cut short": (DISPUTE, "SKY-US-2013-000017", "SKY-US-2013", "figure"),
    "an invented version": (CONTRACT_CHANGE, "version 3 governs", "version 4 governs", "figure"),
    "before and after swapped": (CONTRACT_CHANGE, "from 10 to 12", "from 12 to 10", "figure"),
    "a term that is not listed": (
        CONTRACT_CHANGE,
        "- charges, seats, price, unit price: from 10 to 12\n",
        "",
        "left_out",
    ),
    "a dropped not in a decision": (DISPUTE, "We have not decided this yet", "We have decided this", "left_out"),
    "another decision": (DISPUTE, "We have not decided this yet; we decide", "We credit it; we do", "left_out"),
    "a required amount left out": (DISPUTE, "net 2469.00 USD, ", "", "left_out"),
    "a link": (DISPUTE, "Kind regards", "Pay at https://pay.example/acme\n\nKind regards", "name"),
    "a link without its scheme": (DISPUTE, "Kind regards", "See pay.example for it.\n\nKind regards", "name"),
    "a mail address": (DISPUTE, "Kind regards", "Write to help@pay.example\n\nKind regards", "name"),
    "a bank account": (DISPUTE, "Kind regards", "Please pay to DE89 3704 0044.\n\nKind regards", "figure"),
    "an acronym": (DISPUTE, "Kind regards", "This is due under GDPR.\n\nKind regards", "name"),
    "the mark of the check": (CLOSE, "receivable", "\ue000 receivable", "character"),
    "a fraction": (CLOSE, "What differs:", "What differs, ½ of it open:", "figure"),
    "markup": (CLOSE, "What differs:", "What differs: [a](b)", "character"),
}
TWELVE = 12


@pytest.mark.parametrize("lie", LIES)
def test_a_writer_that_lies_is_refused(lie: str) -> None:
    sources, truth, said, fault = LIES[lie]
    text = text_of(sources)
    assert truth in text
    assert problems_of(text, sources) == ()
    assert fault in faults(text.replace(truth, said), sources)


def test_the_page_counts_the_lies_that_are_refused() -> None:
    assert len(LIES) >= TWELVE
    assert f"and {len(LIES)} other lies do not" in (ROOT / "docs" / "writing.md").read_text()


@pytest.mark.parametrize("name", FIXED_SET)
def test_every_digit_that_is_changed_dropped_or_doubled_is_refused(name: str) -> None:
    sources, text = FIXED_SET[name].sources, text_of(FIXED_SET[name].sources)
    places = [match.start() for match in re.finditer(r"\d", text)]
    assert len(places) > 15
    for place in places:
        other = str((int(text[place]) + 5) % 10)
        dropped = (
            [""] if text[place - 1 : place + 2].strip() != text[place] else []
        )  # a figure of one digit is gone then
        for changed in (other, text[place] + other, other + text[place], *dropped):
            assert problems_of(text[:place] + changed + text[place + 1 :], sources), (place, changed)


UNSEEN = {
    "an amount of the sources in another amount's place": (DISPUTE, "net 2469.00 USD", "net 2451.72 USD, 2469.00 USD"),
    "a claim in plain words that quotes nobody": (DISPUTE, "Kind regards", "You waived your right.\n\nKind regards"),
    "a dropped not in a sentence that is no statement": (
        CONTRACT_CHANGE,
        "All other terms stay",
        "No other terms stay",
    ),
    "a quantity without a number": (DISPUTE, "Kind regards", "Most of it is owed.\n\nKind regards"),
    "a name in small letters": (DISPUTE, "Kind regards", "We told globex of it.\n\nKind regards"),
    "a word that blurs a figure": (CLOSE, "receivable 106990.10", "receivable nearly 106990.10"),
    "a promise": (DISPUTE, "Kind regards", "We shall always credit this.\n\nKind regards"),
}


@pytest.mark.parametrize("lie", UNSEEN)
def test_what_the_check_cannot_see_is_on_the_page(lie: str) -> None:
    sources, truth, said = UNSEEN[lie]
    text = text_of(sources)
    assert truth in text
    assert problems_of(text.replace(truth, said), sources) == ()
    assert lie in (ROOT / "docs" / "writing.md").read_text().replace("\n  ", " ")


def one(*facts: SourceFact) -> TextSources:
    return TextSources(kind=TextKind.VARIANCE, facts=facts)


@pytest.mark.parametrize(
    "text", ["It is 1234.50 USD.", "It is 1,234.50 USD.", "It is USD 1234.50, all of it.", "It is 1234.50\nUSD"]
)
def test_an_amount_is_written_in_any_of_its_forms(text: str) -> None:
    assert problems_of(text, one(amount("a", usd("1234.50")))) == ()


@pytest.mark.parametrize("text", ["By 2013-03-31.", "By 31 March 2013.", "By March 31, 2013, at the latest."])
def test_a_day_is_written_in_any_of_its_forms(text: str) -> None:
    assert problems_of(text, one(day("d", date(2013, 3, 31)))) == ()
    assert problems_of(text, one(day("d", date(2013, 3, 30))))


def test_a_text_that_leaves_out_what_is_required_is_refused_by_the_fact_s_name() -> None:
    (problem,) = problems_of("It is open.", one(number("age", 1, "day", "days", required=True)))
    assert (problem.fault, problem.text) == (TextFault.LEFT_OUT, "age")
    assert problems_of("It is open for 1 day.", one(number("age", 1, "day", "days", required=True))) == ()


def test_a_required_fact_inside_the_words_of_a_customer_is_not_stated() -> None:
    facts = (amount("due", usd("10.00"), required=True), clause("said", "I owe 10.00 USD"))
    assert {problem.text for problem in problems_of("You say: “I owe 10.00 USD”", one(*facts))} == {"due"}


def test_a_text_without_an_end_is_refused() -> None:
    assert faults("a " * MOST_TEXT, one()) == {"too_long"}


@pytest.mark.parametrize("name", ["0.00 USD Ltd", "Twenty Percent", "Tomorrow", "$", "100 %"])
def test_a_name_that_reads_like_a_figure_is_written_as_a_quotation(name: str) -> None:
    assert problems_of(f"It owes {name} to us.", one(named("customer", name)))
    assert problems_of(f"It owes “{name}” to us.", one(named("customer", name))) == ()


@pytest.mark.parametrize("text", ["5000", "50 USD", "2013-03-31"])
def test_a_reference_that_reads_like_a_figure_is_written_as_a_quotation(text: str) -> None:
    sources = one(reference("erp_reference", text))
    assert problems_of(f"It is open for {text} days.", sources)
    assert problems_of(f"It is open: {text}.", sources)
    assert problems_of(f"It is open: “{text}”.", sources) == ()


HOSTILE = st.text(max_size=200) | st.sampled_from(
    ["”, and you owe 0.00 USD. “", "[[seller]]", "</sources>", "\u202eUSD 00.5", "12.00 USD", "", " ", "“”", "a\nb\x00"]
)


@given(name=HOSTILE, words=HOSTILE, cents=st.integers(-(10**9), 10**9))
def test_the_template_is_sound_whatever_customers_write(name: str, words: str, cents: int) -> None:
    changes = {
        "customer": named("customer", name, required=True),
        "complaint": clause("complaint", words),
        "line": named("line", name),
        "disputed": amount("disputed", usd(f"{cents / 100:.2f}"), required=True),
    }
    facts = tuple(changes.get(fact.name, fact) for fact in DISPUTE.facts)
    sources = DISPUTE.model_copy(update={"facts": facts})
    assert problems_of(text_of(sources), sources) == ()
