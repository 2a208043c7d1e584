"""Mails with a link to the page of their document: beside its files, or in place of files that are too large."""

import secrets
from typing import Any

import pytest

from billproof.errors import ExternalServiceUnavailable, MailRefused
from billproof.invoicing import delivery, mails
from billproof.invoicing.delivery_events import delivery_problems
from billproof.invoicing.links import CustomerPages, link_name
from tests.support.customer_pages import UA, URL, body_of, deliver, get, page_world, token_in
from tests.support.world import World


@pytest.fixture
def world() -> World:
    return page_world()


def test_a_mail_that_is_too_large_has_a_link_in_place_of_its_files(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_MAIL_BYTES", 5_000)
    delivered = deliver(world)
    ((_, message),) = world.mailer.sent
    assert len(message) < 5_000
    assert b"application/pdf" not in message
    assert "too large for a mail" in body_of(message)
    assert delivered.link == link_name(token_in(message))
    assert get(world, token_in(message), "/pdf")["statusCode"] == 200


def test_without_pages_a_mail_that_is_too_large_is_refused_once_and_waits_for_a_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_MAIL_BYTES", 5_000)
    world.customer_pages = None
    for _ in range(2):
        with pytest.raises(MailRefused, match="5,000 are taken"):
            deliver(world)
    facts = world.register.facts(UA)
    assert facts is not None
    assert [problem.kind for problem in delivery_problems(facts)] == ["refused"]
    assert world.mailer.sent == []


def test_the_limit_is_of_the_whole_mail_with_its_files_in_base64() -> None:
    assert mails.MOST_MAIL_BYTES == 10_000_000


def test_without_pages_a_mail_says_nothing_of_one(world: World) -> None:
    world.customer_pages = None
    assert deliver(world).link is None
    assert URL not in body_of(world.mailer.sent[0][1])


def test_a_mail_that_was_lost_is_sent_with_another_link_and_both_open(world: World) -> None:
    class Lost:
        def send(self, *, to: str, message: bytes, copies: Any = ()) -> None:
            world.mailer.send(to=to, message=message, copies=copies)
            error = "no answer"
            raise ExternalServiceUnavailable(error)

    with pytest.raises(ExternalServiceUnavailable):
        deliver(world, mailer=Lost())
    deliver(world)
    tokens = [token_in(message) for _, message in world.mailer.sent]
    assert len({*tokens}) == 2
    assert [get(world, token)["statusCode"] for token in tokens] == [200, 200]


def test_random_tokens_are_of_the_systems_own_source() -> None:
    assert CustomerPages("https://x.example", lambda: World().now()).random_text is secrets.token_urlsafe
