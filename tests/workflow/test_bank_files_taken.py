"""Files of banks, as they are put into the bucket: taken whole or refused, once, in whichever order they come."""

import json
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from billproof.adapters.aws.s3_events import read_put_object
from billproof.adapters.bank_files.parsing import parse_statement
from billproof.errors import Conflict, ExternalServiceUnavailable, InvalidInput, NotFound, Unreadable
from billproof.payments.continuity import Continuity, breaks
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.model import ReceiptStatus
from billproof.payments.statements import MovementKind, StatementEntry
from billproof.payments.taking_statements import BankFile, FileOutcome, file_key, take_statement
from tests.support.balances import JAN
from tests.support.bank_days import DAYS, NOW, apply_all, entry, of_day, put
from tests.support.bank_files import CSV_FORMAT, camt, csv_file
from tests.support.cash import BANK, EURO_BANK, cash_world, number_of, open_of, usd
from tests.support.invoking import Context, handler
from tests.support.verifying import verified
from tests.support.world import INC


def test_a_files_credits_are_receipts_and_its_statement_is_a_fact() -> None:
    world = cash_world(JAN)
    paid = entry("30", 5, reference="r-1", remittance=number_of(world, JAN))
    taken = put(world, of_day(5, "100", paid, entry("-4", 5)))
    assert (taken.outcome, taken.statements, taken.receipts, taken.breaks) == (FileOutcome.TAKEN, 1, 1, 0)
    apply_all(world)
    assert open_of(world, JAN) == usd(0)
    (fact,) = world.statement_book.of_account(INC, BANK)
    assert (fact.opening, fact.closing, fact.credited) == (usd(100), usd(126), usd(30))
    assert (fact.receipts, fact.returns, fact.others) == (1, 0, 1)
    assert fact.file == f"bank-statements/{INC}/file.xml"


def test_the_same_file_again_under_another_name_changes_nothing() -> None:
    world = cash_world(JAN)
    statement = of_day(5, "100", entry("30", 5, remittance=number_of(world, JAN)))
    put(world, statement)
    apply_all(world)
    facts = dict(world.records["payments"].items)
    again = put(world, statement.model_copy(update={"bank_id": "another"}), name="again.xml")
    apply_all(world)
    assert (again.outcome, again.receipts, again.breaks) == (FileOutcome.KNOWN, 1, 0)
    assert world.records["payments"].items == facts


def test_a_call_that_dies_after_it_sent_the_receipts_is_repeated_and_pays_once() -> None:
    world = cash_world(JAN)
    statement = of_day(5, "100", entry("30", 5, reference="r-1", remittance=number_of(world, JAN)))

    def die(records: Any) -> None:
        if any(record.key.partition.startswith("statements#") for record in records):
            world.records["payments"].before_write = lambda _: None
            message = "the call died"
            raise ExternalServiceUnavailable(message)

    world.records["payments"].before_write = die
    with pytest.raises(ExternalServiceUnavailable):
        put(world, statement)
    assert world.statement_book.of_account(INC, BANK) == []
    put(world, statement)
    assert len(world.payment_events.bodies) == 2
    apply_all(world)
    (state,) = world.cash_book.received(INC)
    assert (state.applied.amount, open_of(world, JAN)) == (usd(30), usd(0))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_gap_is_there_until_the_missing_statement_arrives_in_any_order(order: tuple[int, ...]) -> None:
    world = cash_world()
    first, second, third = (put(world, DAYS[place], name=f"{place}.xml") for place in order)
    between = set(order[:2]) == {0, 2}
    assert (first.breaks, second.breaks, third.breaks) == (0, int(between), 0)


def test_a_gap_names_both_statements_and_the_difference() -> None:
    world = cash_world()
    for place in (2, 0):
        put(world, DAYS[place], name=f"{place}.xml")
    (gap,) = breaks(world.statement_book.of_account(INC, BANK))
    assert (gap.earlier, gap.later, gap.continuity) == (DAYS[0].id, DAYS[2].id, Continuity.GAP)
    assert (gap.closing, gap.opening, gap.difference) == (usd(5), usd(12), usd(7))


def test_a_statement_within_another_overlaps_and_what_follows_follows_the_longer_one() -> None:
    week = of_day(6, "0", entry("5", 5), starts_on=date(2013, 2, 4))
    within, after = of_day(5, "0", entry("5", 5)), of_day(7, "5", entry("1", 7))
    (overlap,) = breaks([after, within, week])
    assert (overlap.earlier, overlap.later, overlap.continuity) == (week.id, within.id, Continuity.OVERLAP)


def test_a_day_that_the_bank_writes_anew_overlaps_and_one_without_entries_does_not() -> None:
    day, anew = of_day(5, "0", entry("5", 5)), of_day(5, "0", entry("6", 5))
    (overlap,) = breaks([day, anew])
    assert (overlap.continuity, overlap.reason) == (
        Continuity.OVERLAP,
        "both are of the same days, and tell of different entries",
    )
    assert breaks([of_day(5, "3"), of_day(5, "3", entry("6", 5))]) == []


def test_statements_of_one_day_without_numbers_are_ordered_by_their_balances() -> None:
    parts = [of_day(5, "0", entry("5", 5)), of_day(5, "5", entry("4", 5)), of_day(5, "9", entry("-9", 5))]
    for order in permutations(parts):
        assert breaks([*order, of_day(4, "1", entry("-1", 4))]) == []


@pytest.mark.parametrize(
    ("key", "error", "said"),
    [
        ("bank-statements/nobody/file.xml", NotFound, "legal entity"),
        ("bank-statements/file.xml", Unreadable, "bank-statements/<legal entity>/"),
        (f"bank-statements/{INC}/format=none/file.csv", InvalidInput, "no CSV format of that name"),
    ],
)
def test_what_lies_where_it_does_not_belong_is_refused(key: str, error: type[Exception], said: str) -> None:
    world = cash_world()
    with pytest.raises(error, match=said):
        take_statement(
            BankFile(key, camt(of_day(5, "0", entry("5", 5)))),
            sources=world.statement_sources(parse_statement),
            now=NOW,
        )
    assert world.payment_events.bodies == []


def test_a_file_of_anothers_account_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no cash account of skymeter-inc"):
        put(cash_world(), of_day(5, "0", entry("5", 5), account="NL91ABNA0417164300"))


def test_a_file_that_does_not_add_up_is_refused_with_both_figures_and_nothing_is_sent() -> None:
    world = cash_world()
    data = camt(of_day(5, "0", entry("5", 5))).replace(b">5.00<", b">6.00<", 1)
    with pytest.raises(Unreadable, match=r"opening 0\.00 and the entries make 5\.00, and closing is 6\.00 USD"):
        take_statement(
            BankFile(f"bank-statements/{INC}/f.xml", data), sources=world.statement_sources(parse_statement), now=NOW
        )
    assert (world.payment_events.bodies, world.statement_book.of_account(INC, BANK)) == ([], [])


def test_a_statement_in_another_currency_than_its_account_is_refused() -> None:
    world = cash_world()
    dollars = of_day(5, "0", entry("5", 5), account=EURO_BANK)
    with pytest.raises(InvalidInput, match="the cash account is in EUR, and the statement in USD"):
        put(world, dollars)


def test_a_csv_is_read_as_its_folder_says() -> None:
    world = cash_world()
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "csv_statements": (CSV_FORMAT,)}))
    data = csv_file(of_day(5, "10", entry("5", 5, reference="r-1")))
    key = file_key(INC, data, name="february.csv", csv_format=CSV_FORMAT.id)
    assert key.startswith(f"bank-statements/{INC}/format=test-bank/")
    taken = take_statement(BankFile(key, data), sources=world.statement_sources(parse_statement), now=NOW)
    assert (taken.outcome, taken.receipts) == (FileOutcome.TAKEN, 1)


def reversal(amount: str, day: int, **fields: Any) -> StatementEntry:
    return entry(amount, day, kind=MovementKind.REVERSAL, **fields)


def test_a_reversal_under_the_credits_reference_gives_the_receipt_back() -> None:
    world = cash_world(JAN)
    put(world, of_day(5, "0", entry("30", 5, reference="r-1", remittance=number_of(world, JAN))))
    apply_all(world)
    taken = put(world, of_day(8, "30", reversal("-30", 8, reference="r-1")), name="later.xml")
    assert (taken.returned, taken.returns_waiting) == (1, 0)
    apply_all(world)
    (state,) = world.cash_book.received(INC)
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.RETURNED, usd(30))
    assert world.statement_book.returns_that_wait(INC) == []


def test_a_credit_and_its_reversal_in_one_statement_are_one_receipt_that_went_back() -> None:
    world = cash_world()
    put(world, of_day(5, "0", entry("30", 5, reference="r-1"), reversal("-30", 5, reference="r-1")))
    apply_all(world)
    (state,) = world.cash_book.received(INC)
    assert (state.receipt.reference, state.status) == ("r-1", ReceiptStatus.RETURNED)


@pytest.mark.parametrize("reference", [None, "r-77"])
def test_a_reversal_that_names_no_receipt_waits_until_a_person_gives_one_back(reference: str | None) -> None:
    world = cash_world(JAN)
    put(world, of_day(5, "0", entry("30", 5, reference="r-1", remittance=number_of(world, JAN))))
    apply_all(world)
    taken = put(world, of_day(8, "30", reversal("-30", 8, reference=reference)), name="later.xml")
    assert (taken.returned, taken.returns_waiting) == (0, 1)
    assert world.payment_events.bodies == [body for body in world.payment_events.bodies if "returned" not in body]
    (waiting,) = world.statement_book.returns_that_wait(INC)
    (state,) = world.cash_book.received(INC)
    wanted = ReceiptDecision.model_validate(
        {
            "legal_entity": INC,
            "receipt": state.receipt.id,
            "verdict": "returned",
            "amount": waiting.amount.text,
            "reference": waiting.reference,
            "reason": "the payer asked for it back",
        }
    )
    for _ in range(2):
        decide_receipt(wanted, decided_by="ben", sources=world.cash_sources(NOW), events=world.payment_events)
    assert world.statement_book.returns_that_wait(INC) == []
    assert open_of(world, JAN) == usd(30)


def test_one_return_is_of_one_receipt() -> None:
    world = cash_world()
    put(world, of_day(5, "0", entry("30", 5, reference="r-1"), entry("30", 5, reference="r-2"), reversal("-30", 5)))
    apply_all(world)
    (waiting,) = world.statement_book.returns_that_wait(INC)
    first, second = (state.receipt.id for state in world.cash_book.received(INC))
    wanted = {"legal_entity": INC, "verdict": "returned", "amount": "30", "reference": waiting.reference}

    def decide(receipt: str) -> None:
        decision = ReceiptDecision.model_validate(wanted | {"receipt": receipt, "reason": "they called"})
        decide_receipt(decision, decided_by="ben", sources=world.cash_sources(NOW), events=world.payment_events)

    decide(first)
    with pytest.raises(Conflict, match=f"{first} was given back under the same reference"):
        decide(second)


def test_only_what_went_back_has_the_reference_of_a_return() -> None:
    wanted = {"legal_entity": INC, "receipt": f"R{'0' * 24}", "amount": "1", "reference": "S1/2", "reason": "why"}
    for verdict in ("returned", "refunded"):
        ReceiptDecision.model_validate(wanted | {"verdict": verdict})
    with pytest.raises(ValueError, match="only what is returned or refunded has the reference"):
        ReceiptDecision.model_validate(wanted | {"verdict": "reversed", "amount": None})


def notice(key: str) -> dict[str, Any]:
    body = json.dumps({"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": key, "versionId": "v1"}}}]})
    attributes = {"SenderId": "AIDAEXAMPLE", "SentTimestamp": "1359806400000"}
    return {"Records": [{"messageId": "1", "receiptHandle": "h", "body": body, "attributes": attributes}]}


def test_a_file_that_a_bank_put_is_recorded_in_the_audit_chain_when_it_is_read() -> None:
    world = cash_world()
    key = f"bank-statements/{INC}/a b.xml"
    world.objects.memory.put(key, camt(of_day(5, "0", entry("5", 5))))
    assert handler("take_statement")(notice(key.replace(" ", "+")), Context(), world) == {"batchItemFailures": []}
    assert [finding for finding in verified(world).findings if key in finding.where] == []
    world.objects.memory.put(key, b"<changed/>")
    assert [finding.where for finding in verified(world).findings if key in finding.where]


def test_what_s3_tells_is_read_and_nothing_else() -> None:
    body = notice("bank-statements/sky/J%C3%A4nner+5.xml")["Records"][0]["body"]
    told = read_put_object(body)
    assert told is not None
    assert (told.key, told.version) == ("bank-statements/sky/Jänner 5.xml", "v1")
    assert read_put_object('{"Service": "Amazon S3", "Event": "s3:TestEvent"}') is None
    for wrong in ("{", "[]", '{"Records": []}', '{"Event": "s3:TestEvents"}'):
        with pytest.raises(Unreadable, match="not a notification of S3"):
            read_put_object(wrong)


def test_a_return_that_comes_before_its_credit_is_given_back_once_the_credit_is_there() -> None:
    world = cash_world(JAN)
    before = put(world, of_day(8, "30", reversal("-30", 8, reference="r-1")), name="later.xml")
    assert (before.returned, before.returns_waiting) == (0, 1)
    credit = of_day(5, "0", entry("30", 5, reference="r-1", remittance=number_of(world, JAN)))
    after = put(world, credit, name="earlier.xml")
    assert (after.returned, after.returns_waiting) == (1, 0)
    apply_all(world)
    (state,) = world.cash_book.received(INC)
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.RETURNED, usd(30))
    assert world.statement_book.returns_that_wait(INC) == []
    again = put(world, credit, name="again.xml")
    assert (again.outcome, again.returned) == (FileOutcome.KNOWN, 0)
