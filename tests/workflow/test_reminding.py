"""Customers are reminded of what is overdue, once a level and not too often; each day is known by hand.

UA owes 30.00 of January, due on the 3rd of March, and 30.00 of February, due on the 31st. The policy reminds after 5,
15 and 30 days, at most once a week.
"""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.approvals.policy import ReminderRules
from billproof.errors import ExternalServiceUnavailable, InvalidInput, MailRefused
from billproof.payments.desk import CashDecision
from billproof.payments.matching import match
from billproof.payments.model import UseKind
from billproof.receivables.notes import CollectionNote
from billproof.receivables.reminders import CollectionKind
from billproof.receivables.reminding import EntityReminders, RemindOutcome, remind_customers
from tests.support.balances import FEB, JAN
from tests.support.cash import cash_world, desk_of, number_of, receipt, take, usd
from tests.support.fakes import MemoryMailer
from tests.support.reminders import (
    FIRST,
    SECOND,
    Failing,
    Interrupted,
    every_day,
    facts,
    note,
    remind,
    reminded,
    reminding_world,
    sources,
)
from tests.support.world import INC


def test_a_customer_is_reminded_once_at_each_level_and_not_twice_a_week() -> None:
    """January's reaches its levels on the 8th and 18th of March and the 2nd of April, February's 28 days later."""
    world = reminding_world(JAN, FEB)
    every_day(world, "2013-03-01", "2013-06-30")
    assert reminded(world) == [
        ("2013-03-08", [(FIRST, 1)]),
        ("2013-03-18", [(FIRST, 2)]),
        ("2013-04-02", [(FIRST, 3)]),
        ("2013-04-09", [(FIRST, 3), (SECOND, 1)]),  # reached on the 5th: a week after the last reminder
        ("2013-04-16", [(FIRST, 3), (SECOND, 2)]),  # reached on the 15th
        ("2013-04-30", [(FIRST, 3), (SECOND, 3)]),
    ]


def test_a_reminder_is_mailed_as_text_and_kept_with_it() -> None:
    world, mailer = reminding_world(JAN), MemoryMailer()
    take(world, receipt(usd("12.34"), remittance=number_of(world, JAN)))
    assert remind(world, "2013-03-18", mailer=mailer) == EntityReminders(
        legal_entity=INC, outcome=RemindOutcome.DONE, evaluated=1, given=1
    )
    ((to, sent),) = mailer.sent
    mail = message_from_bytes(sent)
    (fact,) = facts(world)
    account = world.directory.account("UA")
    assert account is not None
    assert to == mail["To"] == fact.mailed_to == account.billing_email
    assert mail["Message-ID"] == f"<{INC}.UA.reminder.2013-03-18@skymeter.example>"
    assert mail["X-Billproof-Invoice"] == f"{INC}.{JAN}.UA"
    _, text, letter = mail.walk()
    assert text.get_payload().replace("\r\n", "\n") == fact.text  # type: ignore[union-attr]
    assert letter.get_filename() == "reminder-2013-03-18.pdf"
    assert fact.text == (
        "Dear United Air Lines Inc.,\n\nplease pay these invoices within a week.\n\n"
        f"  {FIRST}, due 2013-03-03: 17.66 USD open, 15 days overdue\n\nIn all 17.66 USD.\n\nSkyMeter Inc\n"
    )


def test_the_same_day_again_reminds_nobody_again() -> None:
    world, mailer = reminding_world(JAN), MemoryMailer()
    for _ in range(2):
        remind(world, "2013-03-08", mailer=mailer)
    assert len(mailer.sent) == len(facts(world)) == 1


def test_without_a_sender_a_reminder_is_a_fact_alone() -> None:
    world, mailer = reminding_world(JAN), MemoryMailer()
    assert remind(world, "2013-03-08", mailer=mailer, sender=None).given == 1
    assert (mailer.sent, facts(world)[0].mailed_to) == ([], "")


def test_nobody_is_reminded_without_rules_before_eight_or_of_what_is_paid() -> None:
    assert remind(cash_world(JAN), "2013-03-08").outcome is RemindOutcome.NO_RULES
    world = reminding_world(JAN)
    dawn = datetime(2013, 3, 8, 11, 59, tzinfo=UTC)  # 6:59 in New York
    assert remind(world, "2013-03-08", clock=lambda: dawn).outcome is RemindOutcome.TOO_EARLY
    take(world, receipt(usd(30), remittance=number_of(world, JAN)))
    assert remind(world, "2013-03-08").given == 0


def test_money_that_pays_nothing_yet_is_taken_off_what_is_reminded_of_oldest_first() -> None:
    """40.00 of the customer's: January is covered, and 10.00 of February; what a person gives to nobody is not."""
    world = reminding_world(JAN, FEB)
    state = take(world, receipt(usd(40), payer={"name": "United Air Lines Inc."}), match)
    assert state.proposal is not None
    every_day(world, "2013-03-08", "2013-04-05")
    assert reminded(world) == [("2013-04-05", [(SECOND, 1)])]
    assert [(row.number, row.open) for row in facts(world)[0].reminded] == [(SECOND, usd(20))]
    desk_of(world).give_back(state.receipt.id, usd(40), UseKind.RETURNED, CashDecision("ben", "another one's"))
    every_day(world, "2013-04-12", "2013-04-12")
    assert [row.open for row in facts(world)[-1].reminded] == [usd(30), usd(30)]


def test_a_promise_leaves_out_only_what_it_names_until_its_day() -> None:
    """Both are overdue in May; the first is promised until the 10th, and reminded of once that is past."""
    world = reminding_world(JAN, FEB)
    note(world, "2013-05-01", "promised", until="2013-05-10", numbers=[FIRST])
    every_day(world, "2013-05-02", "2013-05-20")
    assert reminded(world) == [("2013-05-02", [(SECOND, 3)]), ("2013-05-11", [(FIRST, 3), (SECOND, 3)])]


def test_a_promise_takes_the_place_of_the_one_before_it_and_a_pause_does_not() -> None:
    """The customer first promised the 31st, then the 20th: it is reminded on the 21st; a pause holds until its day."""
    world = reminding_world(JAN)
    note(world, "2013-03-01", "promised", until="2013-03-31")
    note(world, "2013-03-02", "promised", until="2013-03-20")
    note(world, "2013-03-03", "paused", until="2013-03-10")
    every_day(world, "2013-03-03", "2013-03-22")
    assert reminded(world) == [("2013-03-21", [(FIRST, 2)])]
    note(world, "2013-03-22", "paused", until="2013-04-20")
    note(world, "2013-03-22", "promised", until="2013-04-03")
    every_day(world, "2013-04-04", "2013-04-22")
    assert [day for day, _ in reminded(world)] == ["2013-03-21", "2013-04-21"]


def test_a_promise_that_is_broken_is_reminded_of_at_the_level_of_before() -> None:
    world = reminding_world(JAN)
    remind(world, "2013-03-18")
    note(world, "2013-03-18", "promised", until="2013-03-26")
    every_day(world, "2013-03-19", "2013-03-30")
    assert reminded(world) == [("2013-03-18", [(FIRST, 2)]), ("2013-03-27", [(FIRST, 2)])]


@pytest.mark.parametrize("verdict", ["paused", "handed_over"])
def test_what_is_paused_or_handed_over_waits_until_it_is_resumed(verdict: str) -> None:
    world = reminding_world(JAN)
    note(world, "2013-03-01", verdict)
    every_day(world, "2013-03-02", "2013-03-20")
    assert reminded(world) == []
    note(world, "2013-03-20", "resumed")
    remind(world, "2013-03-21")
    assert reminded(world) == [("2013-03-21", [(FIRST, 2)])]


def test_a_note_twice_is_one_and_says_who_noted_it() -> None:
    world = reminding_world(JAN)
    for _ in range(2):
        note(world, "2013-03-01", "paused", numbers=[FIRST])
    (fact,) = facts(world, CollectionKind.PAUSED)
    assert (fact.decided_by, fact.reason, fact.numbers) == ("ben", "they called", (FIRST,))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"verdict": "paused", "numbers": ["SKY-US-2013-999999"]}, "has no invoice of a number"),
        ({"verdict": "paused", "numbers": ["anything"]}, "has no invoice of a number"),
        ({"verdict": "promised", "until": "2013-02-28"}, "is past"),
        ({"verdict": "paused", "account": "XX"}, "no such account"),
    ],
)
def test_a_note_is_of_what_there_is(fields: dict[str, Any], why: str) -> None:
    world = reminding_world(JAN)
    with pytest.raises(InvalidInput, match=why):
        note(world, "2013-03-01", **fields)
    assert world.collection_book.state(INC, "UA").facts == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "promised"},
        {"verdict": "resumed", "until": "2013-03-01"},
        {"verdict": "handed_over", "numbers": [FIRST]},
        {"verdict": "paused", "until": "tomorrow"},
        {"verdict": "paused", "reason": "   ."},
        {"verdict": "paused", "reason": "they called\nand wrote"},
    ],
)
def test_a_note_says_what_its_verdict_needs(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CollectionNote.model_validate({"legal_entity": INC, "account": "UA", "reason": "they called"} | fields)


def test_a_mail_that_is_refused_is_kept_with_the_reason_and_counted() -> None:
    world = reminding_world(JAN)
    assert remind(world, "2013-03-08", mailer=Failing(MailRefused("no such address"))).refused == 1
    assert [(fact.mailed_to, fact.refused) for fact in facts(world)] == [("", "no such address")]


def test_a_mail_that_is_not_taken_leaves_no_reminder_and_is_sent_by_the_next_call() -> None:
    world, mailer = reminding_world(JAN), MemoryMailer()
    with pytest.raises(ExternalServiceUnavailable):
        remind(world, "2013-03-08", mailer=Failing(ExternalServiceUnavailable("SES is away")))
    assert facts(world) == []
    assert remind(world, "2013-03-08", mailer=mailer).given == 1
    assert len(mailer.sent) == 1


@pytest.mark.parametrize("noted", [{"until": "2013-03-20"}, {"until": "2013-03-20", "numbers": [SECOND]}])
def test_a_promise_that_comes_while_the_mail_is_written_is_obeyed_from_the_next_reminder_on(
    noted: dict[str, Any],
) -> None:
    """The mail left: it is kept, and left once, whatever the promise is of."""
    world, mailer = reminding_world(JAN, FEB), MemoryMailer()
    interrupted = Interrupted(world, lambda: note(world, "2013-03-08", "promised", **noted))
    remind(world, "2013-03-08", book=interrupted, mailer=mailer)
    assert [fact.kind.value for fact in world.collection_book.state(INC, "UA").facts] == ["promised", "reminded"]
    assert (len(mailer.sent), reminded(world)) == (1, [("2013-03-08", [(FIRST, 1)])])


def test_two_calls_at_once_keep_one_reminder_and_mail_under_one_message_id() -> None:
    world, mailer = reminding_world(JAN), MemoryMailer()
    other = Interrupted(world, lambda: remind(world, "2013-03-08", mailer=mailer))
    remind(world, "2013-03-08", book=other, mailer=mailer)
    assert len(facts(world)) == 1
    assert len({message_from_bytes(sent)["Message-ID"] for _, sent in mailer.sent}) == 1


def test_a_call_that_has_no_more_time_is_continued_where_it_stopped() -> None:
    """Three calls of a customer each: the clock passes the end of a call after its first customer."""
    world = reminding_world(JAN)
    account = world.directory.account("UA")
    assert account is not None
    for name in ("UB", "UC"):
        world.publish(account.model_copy(update={"id": name, "version": 1}))
    members = list(world.directory.members(INC))
    outcomes = []
    for _ in members:
        ticks = iter(range(100))
        start = datetime(2013, 3, 8, 17, tzinfo=UTC)
        ports = sources(world, "2013-03-08", clock=lambda: start + timedelta(minutes=5 * next(ticks)))  # noqa: B023
        outcomes.append(remind_customers(ports, until=start + timedelta(minutes=10)))
    assert [(outcome.outcome.value, outcome.evaluated) for outcome in outcomes] == [
        ("to_be_continued", 1),
        ("to_be_continued", 1),
        ("done", 1),
    ]
    assert sum(outcome.given for outcome in outcomes) == 1
    evaluated = world.collection_book.evaluated(INC, date(2013, 3, 8))
    assert evaluated is not None
    assert (evaluated.last, evaluated.is_done) == (members[-1], True)


def test_a_customer_that_raises_an_error_stops_no_other() -> None:
    world = reminding_world(JAN)
    account = world.directory.account("UA")
    assert account is not None
    world.publish(account.model_copy(update={"id": "UB", "version": 1}))
    for key in [key for key in world.objects.items if "/UA/" in key]:
        world.objects.items[key] = b"{}"
    result = remind(world, "2013-03-08")
    assert (result.outcome, result.evaluated, result.given) == (RemindOutcome.DONE, 2, 0)


@pytest.mark.parametrize("days", [[5, 5], [15, 5], [0], []])
def test_levels_begin_one_after_the_other(days: list[int]) -> None:
    with pytest.raises(ValidationError):
        ReminderRules.model_validate(
            {"levels": [{"days_overdue": day, "text": "pay, please"} for day in days], "days_between": 7}
        )
