"""A delivered document is sent again as it was, to an address that is right now; a sending is one fact and one mail."""

import json
from email import message_from_bytes
from types import SimpleNamespace
from typing import Any

import pytest

from billproof.errors import ExternalServiceUnavailable, InvalidInput, MailRefused, NotFound, ObjectUnreadable
from billproof.invoicing.delivery import pdf_key
from billproof.invoicing.delivery_events import delivery_problems
from billproof.invoicing.facts import resent_as
from billproof.invoicing.resending import Resent, WantedResending, resend_invoice
from billproof_ops import billing
from billproof_ops.target import Target
from tests.support.fakes import MemoryMailer
from tests.support.histories_of_documents import GERMAN, SENDER, SPANISH, billed, handed_on, sent
from tests.support.reminders import Failing
from tests.support.world import World

RIGHT = "right@us.example"


@pytest.fixture
def world() -> World:
    world = billed()
    handed_on(world)
    sent(world)
    world.mailer.sent.clear()
    return world


def resend(world: World, ordinal: int = 1, *, document: str = GERMAN, **changes: Any) -> Resent:
    ports: dict[str, Any] = {"register": world.register, "objects": world.objects, "mailer": world.mailer}
    wanted = WantedResending(to=RIGHT, ordinal=ordinal)
    return resend_invoice(wanted, invoice_id=document, **{**ports, "sender": SENDER, **changes})


@pytest.mark.parametrize("document", [GERMAN, SPANISH])
def test_the_files_that_were_sent_are_sent_to_the_right_address(world: World, document: str) -> None:
    resent = resend(world, document=document)
    ((to, message),) = world.mailer.sent
    mail = message_from_bytes(message)
    assert (to, mail["To"], resent.mailed_to) == (RIGHT, RIGHT, RIGHT)
    released = world.register.released(document)
    assert released is not None
    names = {part.get_filename(): part.get_payload(decode=True) for part in mail.walk() if part.get_filename()}
    folder = pdf_key(released).rpartition("/")[0]
    assert names == {name: world.objects.get(f"{folder}/{name}") for name in names}
    assert len(names) == (2 if document == GERMAN else 1)  # an XRechnung has its PDF beside it


def test_of_two_that_ask_at_once_for_two_addresses_both_are_sent(world: World) -> None:
    """Both read that nothing was sent again yet, so both ask for the first sending."""
    addresses = [RIGHT, "left@us.example", RIGHT, "left@us.example"]
    ports: dict[str, Any] = {"register": world.register, "objects": world.objects, "mailer": world.mailer}
    sendings = [
        resend_invoice(WantedResending(to=to, ordinal=1), invoice_id=GERMAN, **ports, sender=SENDER) for to in addresses
    ]
    assert [(sent.mailed_to, sent.ordinal) for sent in sendings] == [(RIGHT, 1), ("left@us.example", 2)] * 2
    assert [to for to, _ in world.mailer.sent] == addresses[:2]


def test_a_sending_that_is_told_twice_is_one_and_the_next_one_another(world: World) -> None:
    assert resend(world) == resend(world)
    resend(world, 2)
    ids = [message_from_bytes(message)["Message-ID"] for _, message in world.mailer.sent]
    assert len(ids) == len(set(ids)) == 2
    assert world.register.fact(GERMAN, resent_as(2)) is not None


def test_a_sending_that_died_after_its_mail_has_the_same_message_id(world: World) -> None:
    mailer = MemoryMailer()
    resend(world, mailer=mailer)
    fresh = billed()
    handed_on(fresh)
    sent(fresh)
    resend(fresh, mailer=mailer)
    one, other = (message_from_bytes(message)["Message-ID"] for _, message in mailer.sent)
    assert one == other


def test_what_was_not_delivered_or_has_no_sender_is_not_sent(world: World) -> None:
    with pytest.raises(NotFound):
        resend(billed())
    with pytest.raises(NotFound):
        resend(world, document="skymeter-europe.2013-01.B6")
    with pytest.raises(InvalidInput, match="no SenderAddress"):
        resend(world, sender=None)
    assert world.register.fact(GERMAN, resent_as(1)) is None


def test_a_file_that_is_another_one_is_not_sent(world: World) -> None:
    released = world.register.released(GERMAN)
    assert released is not None
    world.objects.items[pdf_key(released)] = b"%PDF forged"
    with pytest.raises(ObjectUnreadable):
        resend(world)
    assert world.mailer.sent == []


def test_a_mail_that_is_not_taken_is_no_sending_and_one_that_never_will_be_a_problem(world: World) -> None:
    with pytest.raises(ExternalServiceUnavailable):
        resend(world, mailer=Failing(ExternalServiceUnavailable("later")))
    facts = world.register.facts(GERMAN)
    assert facts is not None
    assert delivery_problems(facts) == []
    with pytest.raises(MailRefused):
        resend(world, mailer=Failing(MailRefused("never")))
    facts = world.register.facts(GERMAN)
    assert facts is not None
    assert [problem.reason for problem in delivery_problems(facts)] == ["never"]
    assert world.register.fact(GERMAN, resent_as(1)) is None


def test_the_command_asks_for_the_next_sending_to_the_address_of_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def send_all(_target: Target, _output: str, messages: list[tuple[str, int]]) -> list[int]:
        asked.extend(json.loads(body) for body, _ in messages)
        return [1]

    monkeypatch.setattr(billing, "send_all", send_all)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    target: Any = SimpleNamespace(ports=world)
    released = world.register.released(GERMAN)
    assert released is not None
    account = world.directory.account("US")
    assert account is not None
    world.publish(account.model_copy(update={"version": account.version + 1, "billing_email": RIGHT}))
    assert billing.resend(target, released, "", who="ana") == (RIGHT, 1)
    assert billing.resend(target, released, "other@us.example", who="ana") == ("other@us.example", 1)
    resend(world)
    assert billing.resend(target, released, "", who="ana") == (RIGHT, 2)
    assert [one["resend"]["ordinal"] for one in asked] == [1, 1, 2]
