"""Secrets are read again after a while; what cannot be read or used replaces nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from billproof.adapters.kept_secrets import KEPT, RETRIED, KeptSecret
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.errors import ExternalServiceUnavailable, InvalidInput

START = datetime(2026, 1, 1, tzinfo=UTC)


class Vault:
    """A secret that somebody replaces, and a clock that a test turns."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.clock = START
        self.reads = 0
        self.made: list[str] = []

    def read(self) -> str:
        self.reads += 1
        if self.text is None:
            message = "away"
            raise ExternalServiceUnavailable(message, service="secretsmanager")
        return self.text

    def make(self, text: str) -> str:
        if text == "broken":
            message = "broken"
            raise InvalidInput(message)
        self.made.append(text)
        return text

    def kept(self) -> KeptSecret[str]:
        return KeptSecret(self.read, self.make, lambda: self.clock)


def test_a_secret_is_read_once_until_it_is_old_and_made_anew_only_where_it_changed() -> None:
    vault = Vault("one")
    kept = vault.kept()
    assert [kept.value() for _ in range(3)] == ["one"] * 3
    assert vault.reads == 1
    vault.clock += KEPT
    assert (kept.value(), vault.reads, vault.made) == ("one", 2, ["one"])
    vault.text = "two"
    vault.clock += KEPT - timedelta(microseconds=1)
    assert kept.value() == "one"
    vault.clock += timedelta(microseconds=1)
    assert (kept.value(), vault.made) == ("two", ["one", "two"])


@pytest.mark.parametrize("text", [None, "broken"])
def test_what_cannot_be_read_or_used_replaces_nothing_and_is_tried_again_soon(text: str | None) -> None:
    vault = Vault("one")
    kept = vault.kept()
    assert kept.value() == "one"
    vault.text = text
    vault.clock += KEPT
    assert kept.value() == "one"
    vault.text = "two"
    assert (kept.value(), vault.reads) == ("one", 2)
    vault.clock += RETRIED
    assert kept.value() == "two"


@pytest.mark.parametrize(("text", "error"), [(None, ExternalServiceUnavailable), ("broken", InvalidInput)])
def test_a_secret_that_was_never_read_fails_without_a_call_for_each_request(
    text: str | None, error: type[Exception]
) -> None:
    vault = Vault(text)
    kept = vault.kept()
    for _ in range(5):
        with pytest.raises(error):
            kept.value()
    assert vault.reads == 1
    vault.text = "one"
    vault.clock += RETRIED
    assert kept.value() == "one"


def test_a_clock_that_was_put_back_keeps_no_secret_for_longer() -> None:
    vault = Vault("one")
    kept = vault.kept()
    kept.value()
    vault.text, vault.clock = "two", START - timedelta(days=1)
    assert kept.value() == "two"


@pytest.mark.parametrize("broken", ['"one"', '{"cards": ""}', '{"cards": [1]}', "null"])
def test_an_entry_of_gateways_that_is_broken_is_the_trouble_of_its_own_gateway(broken: str) -> None:
    secrets = GatewaySecrets(lambda: f'{{"inc": {{"cards": "one"}}, "europe": {broken}}}', lambda: START)
    assert secrets.of("inc", "cards") == ["one"]
    with pytest.raises(ExternalServiceUnavailable, match=r"docs/gateways\.md"):
        secrets.of("europe", "cards")
