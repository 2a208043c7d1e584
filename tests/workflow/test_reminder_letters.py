"""The letter of a reminder: mailed, kept, and given later as it was sent."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from billproof.adapters.typst.account_documents import render_account_document
from billproof.approvals.policy import ReminderLevel
from billproof.errors import ExternalServiceUnavailable, ObjectUnreadable
from billproof.receivables.account_documents import AccountDocument
from tests.support.account_documents import JAN
from tests.support.cash import number_of, receipt, take, usd
from tests.support.fakes import MemoryMailer
from tests.support.given_documents import give, kept, pages_of
from tests.support.reminders import Failing, facts, remind, reminding_world
from tests.support.world import INC, World


def drawn(world: World, *, locale: str = "en_US", **changes: Any) -> EmailMessage:
    """Remind UA by a real letter, and return the mail."""
    account = world.directory.account("UA")
    assert account is not None
    world.publish(account.model_copy(update={"version": account.version + 1, "locale": locale}))
    mailer = MemoryMailer()
    remind(world, "2013-03-18", mailer=mailer, draw=render_account_document, **changes)
    ((_, sent),) = mailer.sent
    mail = message_from_bytes(sent, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_reminder_s_letter_is_mailed_kept_and_given_as_it_was_sent() -> None:
    world = reminding_world(JAN)
    mail = drawn(world)
    (attached,) = mail.iter_attachments()
    (fact,) = facts(world)
    assert fact.letter is not None
    assert mail["Reply-To"] == "billing@skymeter.example"  # the contact of the legal entity's documents
    assert world.objects.get(fact.letter.key) == attached.get_content()
    take(world, receipt(usd(30), remittance=number_of(world, JAN)))  # what happens later changes nothing of it
    later = give(world, "reminder-2013-03-18", draw=refuse)
    assert (later.name, later.pdf) == ("reminder-2013-03-18", attached.get_content())


def refuse(_document: AccountDocument) -> bytes:
    raise AssertionError


@pytest.mark.parametrize("how", ["gone", "forged"])
def test_a_letter_that_is_gone_or_another_one_is_never_given(how: str) -> None:
    world = reminding_world(JAN)
    drawn(world)
    (fact,) = facts(world)
    assert fact.letter is not None
    del world.objects.items[fact.letter.key]
    if how == "forged":
        world.objects.items[fact.letter.key] = b"%PDF forged"
    with pytest.raises(ObjectUnreadable):
        give(world, "reminder-2013-03-18")


def test_a_reminder_that_died_before_its_fact_keeps_the_same_letter() -> None:
    world = reminding_world(JAN)
    with pytest.raises(ExternalServiceUnavailable):
        remind(
            world,
            "2013-03-18",
            mailer=Failing(ExternalServiceUnavailable("SES does not answer")),
            draw=render_account_document,
        )
    before = kept(world)
    drawn(world)
    (fact,) = facts(world)
    assert fact.letter is not None
    assert kept(world) == before == [fact.letter.key]


def test_a_reminder_is_in_the_customer_s_language_and_its_policy_s_words() -> None:
    world = reminding_world(JAN)
    policy = world.directory.policy(INC)
    assert policy.reminders is not None
    levels = tuple(
        level.model_copy(update={"texts": {"de": "bitte zahlen Sie innerhalb einer Woche."}})
        for level in policy.reminders.levels
    )
    rules = policy.reminders.model_copy(update={"levels": levels})
    world.publish(policy.model_copy(update={"version": policy.version + 1, "reminders": rules}))
    mail = drawn(world, locale="de_DE")
    assert mail["Subject"] == "Zahlungserinnerung von SkyMeter Inc"
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\r\n", "\n")
    assert text.startswith("Guten Tag United Air Lines Inc.,\n\nbitte zahlen Sie innerhalb einer Woche.\n")
    assert "fällig am 2013-03-03: 30.00 USD offen, 15 Tage überfällig" in text
    (attached,) = mail.iter_attachments()
    assert "Mahnung" in pages_of(attached.get_content())[0]


def test_a_level_without_a_text_of_a_language_has_the_one_of_all() -> None:
    level = ReminderLevel(days_overdue=5, text="please pay.", texts={"de": "bitte zahlen."})
    assert [level.text_in(language) for language in ("de", "fr")] == ["bitte zahlen.", "please pay."]
