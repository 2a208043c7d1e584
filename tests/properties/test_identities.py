"""Identities print themselves and read themselves back, whatever text their parts hold."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.approvals.incident_id import IncidentId, SharedKind
from billproof.decision_keys import ActionKey
from billproof.errors import NotFound
from billproof.identities import (
    ContractPath,
    ExceptionId,
    InvoiceId,
    LineId,
    LineIdFormat,
    RunId,
    TermName,
    credit_of,
    credited_line,
    difference_of,
    reduction_of,
)

HARD = "%:.~#/@_-a1"
"""What separates parts, what escapes them, and a little more."""
RESERVED = ["credit", "difference", "true_up", "true_up@2013-01-05", "2013-01", "2013-01-17_2013-02-17", "%3A", ""]
texts = st.text(min_size=1) | st.text(HARD, min_size=1, max_size=6)
months = st.dates().map(lambda day: f"{day:%Y-%m}".zfill(7))
days = st.dates().map(str)
values = st.text() | st.text(HARD, max_size=6) | st.sampled_from(RESERVED)
terms = st.builds(TermName, values, st.just("") | days)
lines = st.builds(
    LineId,
    term=terms,
    period=months | st.tuples(days, days).map("_".join),
    since=st.just("") | days,
    true_up=st.booleans(),
    values=st.lists(values, max_size=3).map(tuple),
    reduction=st.none() | terms,
    marks=st.sampled_from([(), ("credit",), ("difference",), ("credit", "difference")]),
)
runs = st.builds(RunId, texts, months, st.integers(min_value=1, max_value=10**6))
invoices = st.builds(InvoiceId, texts, texts, texts, st.integers(min_value=0, max_value=10**4))
exceptions = st.builds(ExceptionId, texts, texts, texts, texts)
incidents = st.builds(IncidentId, texts, texts, st.sampled_from(SharedKind), texts, texts)
paths = st.builds(ContractPath, values, values)
type Identity = RunId | InvoiceId | ExceptionId | IncidentId | LineId | ContractPath
IDENTITIES = [runs, invoices, exceptions, incidents, lines, paths]
KINDS = ["run", "invoice", "exception", "incident", "line", "place in a contract"]


@pytest.mark.parametrize("identities", IDENTITIES, ids=KINDS)
def test_what_is_printed_is_read_back(identities: st.SearchStrategy[Identity]) -> None:
    @given(identities)
    def check(identity: Identity) -> None:
        assert type(identity).parse(str(identity)) == identity

    check()


@pytest.mark.parametrize("identities", IDENTITIES, ids=KINDS)
def test_two_identities_never_print_alike(identities: st.SearchStrategy[object]) -> None:
    @given(identities, identities)
    def check(one: object, other: object) -> None:
        assert (str(one) == str(other)) == (one == other)

    check()


@given(st.lists(values, max_size=3), st.lists(values, max_size=3))
def test_two_groups_are_two_lines(one: list[str], other: list[str]) -> None:
    line = LineId(TermName("flights"), "2013-01")
    printed = [str(replace(line, values=tuple(group))) for group in (one, other)]
    assert (printed[0] == printed[1]) == (one == other)


@given(st.text(HARD, max_size=20))
def test_a_text_is_read_only_as_what_prints_it(text: str) -> None:
    kinds = (RunId, InvoiceId, ExceptionId, IncidentId, LineId)
    readers: list[Callable[[str], object]] = [kind.parse for kind in kinds]
    for read in readers:
        try:
            identity = read(text)
        except NotFound:
            continue
        assert str(identity) == text


FLIGHTS = LineId(TermName("flights"), "2013-01")


@pytest.mark.parametrize(
    ("line", "escaped", "plain"),
    [
        (FLIGHTS, "flights:2013-01", "flights:2013-01"),
        (replace(FLIGHTS, since="2013-01-10"), "flights:2013-01@2013-01-10", "flights:2013-01@2013-01-10"),
        (replace(FLIGHTS, values=("EWR", "ana@x")), "flights:2013-01:EWR:ana@x", "flights:2013-01:EWR:ana@x"),
        (replace(FLIGHTS, values=("",)), "flights:2013-01:", "flights:2013-01:"),
        (replace(FLIGHTS, values=("x:y", "z")), "flights:2013-01:x%3Ay:z", "flights:2013-01:x:y:z"),
        (replace(FLIGHTS, values=("x", "y:z")), "flights:2013-01:x:y%3Az", "flights:2013-01:x:y:z"),
        (replace(FLIGHTS, values=("50 %",)), "flights:2013-01:50 %25", "flights:2013-01:50 %"),
        (replace(FLIGHTS, values=("true_up",)), "flights:2013-01:%74rue_up", "flights:2013-01:true_up"),
        (replace(FLIGHTS, true_up=True), "flights:2013-01:true_up", "flights:2013-01:true_up"),
        (replace(FLIGHTS, reduction=TermName("launch")), "launch:flights:2013-01", "launch:flights:2013-01"),
        (replace(FLIGHTS, reduction=TermName("credit")), "%63redit:flights:2013-01", "credit:flights:2013-01"),
        (replace(FLIGHTS, term=TermName("2013-01")), "%32013-01:2013-01", "2013-01:2013-01"),
    ],
)
def test_a_line_prints_in_both_formats(line: LineId, escaped: str, plain: str) -> None:
    assert (line.written(LineIdFormat.ESCAPED), line.written(LineIdFormat.PLAIN)) == (escaped, plain)


@given(lines, terms)
def test_a_line_made_of_another_names_it(line: LineId, reduction: TermName) -> None:
    line = replace(line, reduction=None, marks=())
    reduced = reduction_of(str(line), reduction, LineIdFormat.ESCAPED)
    assert LineId.parse(reduced) == replace(line, reduction=reduction)
    different = credit_of(difference_of(reduced))
    assert LineId.parse(different).marks == ("credit", "difference")
    assert credited_line(different) == difference_of(reduced)


def test_an_invoice_names_its_credit_notes() -> None:
    invoice = InvoiceId.parse("skymeter-inc.2013-01.UA")
    second = invoice.credit_note(2)
    assert (str(second), second.subject, second.is_credit) == ("skymeter-inc.2013-01.UA~02", "UA~02", True)
    assert InvoiceId.of_subject("skymeter-inc", "2013-01", "UA~02") == second
    assert (second.invoice, invoice.is_credit) == (invoice, False)
    assert str(invoice.credit_note(123)) == "skymeter-inc.2013-01.UA~123"


@pytest.mark.parametrize(
    "text",
    ["", "a.b", "a.b.c.d", "a..c", "a.b.c~1", "a.b.c~00", "a.b.%2e", "a.b.~01", "a.b.c~01~01", "a.b.c~" + "9" * 5_000],
)
def test_what_no_invoice_prints_is_not_found(text: str) -> None:
    with pytest.raises(NotFound, match="is not an invoice id"):
        InvoiceId.parse(text)


@pytest.mark.parametrize(
    "text", ["", "a-2013-1-001", "a-2013-01-1", "-2013-01-001", "a-2013-01-0001", "preview", "a-2013-01-" + "9" * 5_000]
)
def test_what_no_run_prints_is_not_found(text: str) -> None:
    with pytest.raises(NotFound, match="is not a run's id"):
        RunId.parse(text)


@pytest.mark.parametrize("text", ["", "flights", "2013-01", "difference:2013-01", "a:b:c:2013-01", "a:2013-01:%zz"])
def test_what_no_line_prints_is_not_found(text: str) -> None:
    with pytest.raises(NotFound, match="is not a line's id"):
        LineId.parse(text)


@given(subject=st.text(min_size=1))
def test_the_key_of_an_action_reads_itself_back_whatever_its_subject_is_called(subject: str) -> None:
    key = ActionKey(subject, "2013-02-02T12:00:00.000000Z", "redrive_letters", "asked")
    assert ActionKey.parse(str(key)) == key
