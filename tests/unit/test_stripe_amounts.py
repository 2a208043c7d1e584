"""Amounts as Stripe counts them, and its signatures: by the examples of its documentation, and by its own library."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from billproof.adapters.stripe.amounts import money_of, units_of
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.adapters.stripe.signatures import TOLERANCE_SECONDS, is_signed, signature
from billproof.errors import ExternalServiceUnavailable, InvalidMoney
from billproof.money import EXPONENTS, Money, unit

NOW = datetime(2013, 3, 20, tzinfo=UTC)
SECONDS = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("units", "currency", "amount"),
    [
        (1000, "usd", "10.00"),
        (500, "jpy", "500"),
        (500, "isk", "5"),
        (500, "ugx", "5"),
        (80045, "twd", "800.45"),
        (1045, "huf", "10.45"),
        (5120, "kwd", "5.120"),
        (7, "mga", "7.00"),
        (-3000, "usd", "-30.00"),
    ],
)
def test_an_amount_is_as_stripe_documents_it(units: int, currency: str, amount: str) -> None:
    money = Money.of(amount, currency.upper())
    assert money_of(units, currency) == money
    assert units_of(money) == units


@pytest.mark.parametrize(
    ("units", "currency"),
    [(1, "isk"), (150, "ugx"), (10.0, "usd"), (True, "usd"), ("10", "usd"), (1, "xxx"), (1, None)],
)
def test_what_is_no_amount_is_refused(units: object, currency: object) -> None:
    with pytest.raises(InvalidMoney):
        money_of(units, currency)


@pytest.mark.parametrize(("amount", "currency"), [("5.125", "KWD"), ("0.20", "MGA"), ("1.0001", "CLF")])
def test_an_amount_that_stripe_does_not_take_is_not_rounded(amount: str, currency: str) -> None:
    with pytest.raises(InvalidMoney, match="no amount as fine"):
        units_of(Money.of(amount, currency))


@given(currency=st.sampled_from(sorted(EXPONENTS)), units=st.integers(-(10**15), 10**15))
def test_every_amount_comes_back_as_it_was_or_is_refused(currency: str, units: int) -> None:
    money = Money.of(Decimal(units) * unit(currency), currency)
    try:
        written = units_of(money)
    except InvalidMoney:
        assert currency in {"MGA", "BHD", "JOD", "KWD", "OMR", "TND", "CLF", "UYW", "IQD", "LYD"}
        return
    assert money_of(written, currency.lower()) == money


@pytest.mark.parametrize("body", ['{"id": "evt_1"}', "{}", "\u00e4\u00f6\u00fc"])
def test_what_stripes_own_library_signs_is_signed(body: str) -> None:
    header = stripe.WebhookSignature.generate_signature_header(body, "whsec_1", SECONDS)
    assert header == f"t={SECONDS},v1={signature(body.encode(), str(SECONDS), 'whsec_1')}"
    assert is_signed(body.encode(), header, secrets=["whsec_0", "whsec_1"], now=NOW)
    assert not is_signed(body.encode(), header, secrets=["whsec_0"], now=NOW)
    assert not is_signed(body.encode(), header, secrets=[], now=NOW)
    assert not is_signed(body.encode(), header, secrets=[""], now=NOW)


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1])
def test_what_was_signed_too_long_ago_or_is_to_come_is_not(seconds: int) -> None:
    header = stripe.WebhookSignature.generate_signature_header("{}", "whsec_1", SECONDS + seconds)
    assert not is_signed(b"{}", header, secrets=["whsec_1"], now=NOW)


def test_a_secret_is_read_again_after_five_minutes() -> None:
    texts, minutes = iter(['{"inc": {"cards": "one"}}', '{"inc": {"cards": ["one", "two"]}}']), iter([0, 4, 5])
    secrets = GatewaySecrets(lambda: next(texts), lambda: NOW.replace(minute=next(minutes)))
    assert [secrets.of("inc", "cards") for _ in range(3)] == [["one"], ["one"], ["one", "two"]]
    assert GatewaySecrets(lambda: "{}", lambda: NOW).of("inc", "cards") == []


@pytest.mark.parametrize(
    "text", ["whsec_1", "[]", '{"inc": "one"}', '{"inc": {"cards": ""}}', '{"inc": {"cards": [1]}}']
)
def test_a_secret_that_is_not_as_documented_signs_for_nobody(text: str) -> None:
    with pytest.raises(ExternalServiceUnavailable, match=r"docs/gateways\.md"):
        GatewaySecrets(lambda: text, lambda: NOW).of("inc", "cards")
