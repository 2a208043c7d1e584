"""How the adapter of Tryton speaks to it, and what it makes of every answer; the real Tryton is in tests/tryton."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from billproof.adapters.aws.clients import client
from billproof.adapters.http_calls import HttpAnswer, HttpSend
from billproof.adapters.sap.erp import SapErp
from billproof.adapters.sap.rest import SapRest
from billproof.adapters.tryton import rest as rest_module
from billproof.adapters.tryton.erp import NAME, TrytonErp
from billproof.adapters.tryton.rest import TrytonRest
from billproof.adapters.tryton.tagged import decode, encode
from billproof.composition import Composition
from billproof.errors import ExternalServiceUnavailable, InvalidInput, PostingRejected
from billproof.settings import Settings
from tests.support.mock_sap import ACCESS


class Answering:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self, *answers: HttpAnswer | OSError) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []

    def __call__(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        self.asked.append((method, target, dict(headers), None if body is None else json.loads(body)))
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer


def rest(*answers: HttpAnswer | OSError) -> tuple[TrytonRest, Answering]:
    send = Answering(*answers)
    return TrytonRest("https://tryton.example.com/books/", "key", send), send


def test_decimals_and_dates_are_tagged_and_come_back_exact() -> None:
    values = {"amount": Decimal("1E+2"), "day": date(2013, 2, 1), "rate": Decimal("0.10"), "lines": [Decimal("-0.01")]}
    assert json.loads(encode(values))["amount"] == {"__class__": "Decimal", "decimal": "100"}
    assert decode(encode(values)) == {**values, "amount": Decimal(100)}
    assert isinstance(decode(b"0.1"), Decimal)
    with pytest.raises(TypeError, match="no tag for set"):
        encode({"x": {1}})


def test_a_call_carries_the_key_and_the_company_and_a_body_of_tagged_values() -> None:
    tryton, send = rest(HttpAnswer(200, b'{"id": 7}'))
    assert tryton.create("account.move", {"date": date(2013, 2, 1)}, company=3) == 7
    ((method, target, headers, body),) = send.asked
    assert (method, target) == ("POST", "/books/rest/model/account.move?f=id")
    assert headers["Authorization"] == "Bearer key"
    assert json.loads(urlsafe_b64decode(headers["X-Tryton-Context"])) == {"company": 3}
    assert body == {"date": {"__class__": "date", "year": 2013, "month": 2, "day": 1}}


def test_a_search_is_read_page_by_page_by_the_last_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "PAGE_SIZE", 2)
    tryton, send = rest(HttpAnswer(200, b'[{"id": 1}, {"id": 5}]'), HttpAnswer(200, b'[{"id": 9}]'))
    assert [record["id"] for record in tryton.search("account.move", [["state", "=", "posted"]], ["id"])] == [1, 5, 9]
    domains = [json.loads(urlsafe_b64decode(parse_qs(urlsplit(asked[1]).query)["d"][0])) for asked in send.asked]
    assert domains == [[["state", "=", "posted"], ["id", ">", last]] for last in (0, 5)]


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (HttpAnswer(400, b'{"message": "Period is closed."}'), PostingRejected, "Tryton refuses: Period is closed."),
        (HttpAnswer(400, b"<html>"), PostingRejected, "not well formed"),
        (HttpAnswer(403, b""), PostingRejected, "does not let the user"),
        (HttpAnswer(401, b""), ExternalServiceUnavailable, "does not know the key"),
        (HttpAnswer(404, b""), ExternalServiceUnavailable, "status 404"),
        (HttpAnswer(302, b""), ExternalServiceUnavailable, "status 302"),
        (HttpAnswer(500, b""), ExternalServiceUnavailable, "status 500"),
        (HttpAnswer(200, b"<html>"), ExternalServiceUnavailable, "status 200"),
        (HttpAnswer(204, b""), ExternalServiceUnavailable, "does not show what it created"),
        (TimeoutError("timed out"), ExternalServiceUnavailable, "did not answer: timed out"),
        (ConnectionResetError(), ExternalServiceUnavailable, "did not answer: ConnectionResetError"),
    ],
)
def test_what_tryton_refuses_is_a_rejection_and_what_leaves_it_open_is_tried_again(
    answer: HttpAnswer | OSError, error: type[Exception], says: str
) -> None:
    tryton, _ = rest(answer)
    with pytest.raises(error, match=says):
        tryton.create("account.move", {})


def test_what_is_gone_need_not_be_removed() -> None:
    tryton, _ = rest(HttpAnswer(404, b""))
    tryton.delete("account.move", 7)


@pytest.mark.parametrize("address", ["http://tryton.example.com/books", "tryton.example.com", "ftp://a/b", ""])
def test_the_key_goes_over_https_alone(address: str) -> None:
    with pytest.raises(InvalidInput, match="must begin with https://"):
        HttpSend(address, service="Tryton")


def test_a_function_takes_address_and_key_from_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    text = '{"address": "https://tryton.example.com/books", "key": "k"}'

    class Secrets:
        def get_secret_value(self, **fields: str) -> dict[str, str]:
            asked.append(fields["SecretId"])
            return {"SecretString": text}

    monkeypatch.setattr(
        "billproof.event_ports.client", lambda name: Secrets() if name == "secretsmanager" else client(name)
    )
    settings = dict.fromkeys(("LEDGER_TABLE", "AUDIT_TABLE", "CONTRACTS_TABLE", "DECISIONS_TABLE"), "t")
    assert set(Composition(Settings(settings)).erps) == {"embedded"}
    erps = Composition(Settings({**settings, "TRYTON_SECRET_ARN": "arn:tryton"})).erps
    assert asked == ["arn:tryton"]
    configured = erps[NAME]
    assert isinstance(configured, TrytonErp)
    assert isinstance(configured._rest, TrytonRest)
    text = ACCESS.model_dump_json()
    sap = Composition(Settings({**settings, "SAP_SECRET_ARN": "arn:sap"})).erps["sap"]
    assert isinstance(sap, SapErp)
    assert isinstance(sap._rest, SapRest)
    text = '{"address": "https://tryton.example.com/books", "kee": "k"}'
    configured = Composition(Settings({**settings, "TRYTON_SECRET_ARN": "arn:tryton"})).erps[NAME]
    assert isinstance(configured, TrytonErp)
    with pytest.raises(InvalidInput, match="an address and a key") as refused:
        assert configured._rest
    assert refused.value.__cause__ is None
