"""What the console reads of a month's end: months, receipts, disputes, cash, drafts; figures are worked out by hand."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billproof.access.scopes import Scope
from billproof.api import month_routes
from tests.support.api_events import api_event, route_event
from tests.support.console_world import month_end
from tests.support.invoking import Context, handler
from tests.support.one_client import let_one_client_in
from tests.support.world import EUROPE, INC, JANUARY, World

TALLY = "/v1/months/{legal_entity}/{period}/documents"


@pytest.fixture
def world() -> World:
    world = month_end()
    world.call_limits.burst = 1_000_000
    return world


def read(world: World, route: str, by: str = "ana", query: dict[str, str] | None = None, **in_path: str) -> Any:
    response = handler("api_operations")(route_event(f"GET {route}", by, query=query, **in_path), Context(), world)
    assert response["statusCode"] == 200, response["body"]
    return json.loads(response["body"])


def tallied(world: World) -> list[dict[str, Any]]:
    tally = read(world, TALLY, legal_entity=INC, period=JANUARY)
    assert tally["next"] is None
    documents: list[dict[str, Any]] = tally["documents"]
    return documents


def added(documents: list[dict[str, Any]]) -> dict[str, tuple[int, Decimal]]:
    """How many documents there are in each status, and what they come to."""
    sums: dict[str, tuple[int, Decimal]] = {}
    for known in documents:
        number, amount = sums.get(known["status"], (0, Decimal(0)))
        gross = sum((Decimal(one["amount"]) for one in known["gross"]), Decimal(0))
        sums[known["status"]] = (number + known["number"], amount + gross)
    return sums


def counted(records: Any, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the reads of a store from now on, by the name of each."""
    calls: Counter[str] = Counter()

    def counting(name: str, known: Any) -> Any:
        def read_and_count(*args: Any, **more: Any) -> Any:
            calls[name] += 1
            return known(*args, **more)

        return read_and_count

    for name in ("get", "query", "query_after"):
        monkeypatch.setattr(records, name, counting(name, getattr(records, name)))
    return calls


def money(amount: str, currency: str = "USD") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def test_who_calls_is_told_for_whom_and_up_to_which_amount(world: World) -> None:
    known = read(world, "/v1/me")
    entities = {entity["id"]: entity for entity in known["legal_entities"]}
    assert known["identity"]["subject"].endswith("user/ana")
    assert entities.keys() == {INC, EUROPE}
    assert (entities[INC]["acts_as"], entities[INC]["person"]) == ("ana", "Ana Rossi")
    assert entities[INC]["role"] == {"id": "manager", "limits": {"USD": "8000", "EUR": "8000"}, "unlimited": False}
    let_one_client_in(world, "reports", Scope.OPERATIONS_READ)
    world.access._read_at = None
    client = read(world, "/v1/me", "reports")["legal_entities"][0]
    assert (client["acts_as"], client["person"], client["role"]) == ("reports", "", None)


def test_a_month_says_what_waits_and_changes_with_what_is_decided(world: World) -> None:
    month = read(world, "/v1/months/{legal_entity}/{period}", legal_entity=INC, period=JANUARY)
    documents = tallied(world)
    numbers = {known["status"]: known["number"] for known in documents}
    assert numbers == {"held": 2, "posted": 11}  # 13 accounts; EV lacks a price, UA is over the limit
    assert (month["is_closed"], month["waiting_exceptions"]) == (True, 2)
    assert read(world, "/v1/cash/{legal_entity}/waiting", legal_entity=INC)["receipts"] == 2
    assert (month["reconciled"]["differences"], month["reconciled"]["unsettled"]) == (0, 5)
    assert month["sign_off"] is None
    held = next(known for known in documents if known["status"] == "held")
    assert held["gross"] == [money("6885")]  # 2 x 2,500 in advance, 1,390 of flights, 495 of miles
    world.decide(f"{INC}.{JANUARY}.UA.001", "approved", "ben")
    world.apply(f"{INC}.{JANUARY}.UA.001")
    later = read(world, "/v1/months/{legal_entity}/{period}", legal_entity=INC, period=JANUARY)
    assert later["waiting_exceptions"] == 1
    assert {known["status"]: known["number"] for known in tallied(world)} == {
        "held": 1,
        "posted": 11,
        "released": 1,
    }


def test_the_documents_of_a_month_are_counted_so_many_a_call_and_add_up_to_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = added(tallied(world))
    monkeypatch.setattr(month_routes, "MOST_TALLIED", 4)
    parts, cursor = list[list[dict[str, Any]]](), ""
    while cursor is not None:
        reads = counted(world.records["invoices"], monkeypatch)
        part = read(world, TALLY, query={"cursor": cursor}, legal_entity=INC, period=JANUARY)
        assert sum(known["number"] for known in part["documents"]) <= 4
        assert reads.keys() == {"query_after"}  # pages of facts: none is read one by one, and no document of theirs
        parts.append(part["documents"])
        cursor = part["next"]
    assert len(parts) == 4  # of 13 documents
    assert added([known for part in parts for known in part]) == whole
    assert whole["held"] == (2, Decimal(6885))


def test_where_a_month_stands_is_read_without_any_document_or_receipt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What grows with a month are its documents and receipts: the first answer of its page reads what is held alone."""
    reads = {name: counted(world.records[name], monkeypatch) for name in ("invoices", "payments")}
    read(world, "/v1/months/{legal_entity}/{period}", legal_entity=INC, period=JANUARY)
    assert reads["payments"] == {}
    assert reads["invoices"] == {"get": 2}  # whether each of the two that are held was released since


def test_months_are_listed_with_their_last_run(world: World) -> None:
    (month,) = read(world, "/v1/months", query={"legal_entity": INC})["items"]
    assert month == {"period": JANUARY, "last_run": f"{INC}-{JANUARY}-001", "signed_by": None, "signed_at": None}


def test_receipts_that_wait_are_those_that_pay_nothing_yet(world: World) -> None:
    waiting = read(world, "/v1/receipts", query={"legal_entity": INC, "waiting": "true"})["items"]
    assert {(one["receipt"]["payer"]["name"], one["proposed"]) for one in waiting} == {
        ("Airlines Clearing House", None),
        ("Hawaiian Airlines Inc.", "HA"),
    }
    every = read(world, "/v1/receipts", query={"legal_entity": INC, "period": "2013-02"})["items"]
    assert len(every) == 7
    short = next(one for one in every if one["account"] == "9E")
    assert (short["applied"], short["unapplied"], short["status"]) == (money("996.5"), money("0"), "applied")
    shown = read(world, "/v1/receipts/{legal_entity}/{receipt}", legal_entity=INC, receipt=short["id"])
    assert [use["kind"] for use in shown["uses"]] == ["applied"]
    assert read(world, "/v1/receipts", query={"legal_entity": INC, "period": JANUARY})["items"] == []


def test_what_a_customer_owes_is_what_was_billed_less_what_came(world: World) -> None:
    statement = read(world, "/v1/accounts/{account}/statement", account="9E")
    (owed,) = statement["currencies"]
    assert owed["to_pay"] == money("120")  # 1,116.50 were billed, 996.50 came
    ageing = read(world, "/v1/ageing/{legal_entity}", query={"on": "2013-03-31"}, legal_entity=INC)
    mine = next(customer for customer in ageing["customers"] if customer["account"] == "9E")
    assert mine["balances"][0]["buckets"]["1-30"] == money("120")  # due on 3 March
    cash = read(world, "/v1/cash/{legal_entity}", legal_entity=INC)
    assert cash["balances"] is True
    received = next(one for one in cash["statement"]["equations"] if one["code"] == "cash received")
    assert received["parts"]["unapplied"] == "2537.6"  # 2,105.00 + 432.60
    only_open = read(world, "/v1/accounts/{account}/statement", query={"only_open": "true"}, account="MQ")
    assert [document for one in only_open["currencies"] for document in one["documents"]] == []


def test_a_dispute_says_of_what_and_where_it_stands(world: World) -> None:
    (dispute,) = read(world, "/v1/disputes", query={"legal_entity": INC})["items"]
    assert (dispute["account"], dispute["status"], dispute["opened"]["amount"]) == ("YV", "open", money("492.23"))
    assert read(world, "/v1/disputes", query={"legal_entity": EUROPE})["items"] == []


def test_a_held_document_is_shown_as_it_was_drafted_and_a_run_has_none(world: World) -> None:
    held = read(world, "/v1/exceptions/{exception}/document", exception=f"{INC}.{JANUARY}.UA.001")
    assert held["invoice"]["totals"]["gross"] == money("6885")
    world.decide(f"{INC}.{JANUARY}.UA.001", "approved", "ben")
    world.apply(f"{INC}.{JANUARY}.UA.001")
    released = world.invoice(f"{INC}.{JANUARY}.UA")
    assert held["invoice"]["lines"] == [line.model_dump(mode="json") for line in released.lines]


def test_events_behind_an_invoice_come_page_by_page_each_once(world: World) -> None:
    seen: list[str] = []
    query: dict[str, str] = {"limit": "25"}
    while True:
        page = read(world, "/v1/invoices/{document}/events", query=query, document=f"{INC}.{JANUARY}.MQ")
        seen += [event["id"] for event in page["items"]]
        if page["next"] is None:
            break
        query = {"limit": "25", "cursor": page["next"]}
    assert len(seen) == len(set(seen)) == 68


def test_accounts_are_listed_page_by_page(world: World) -> None:
    first = read(world, "/v1/accounts", query={"legal_entity": INC, "limit": "8"})
    rest = read(world, "/v1/accounts", query={"legal_entity": INC, "limit": "8", "cursor": first["next"]})
    names = [row["account"] for row in (*first["items"], *rest["items"])]
    assert (len(names), len(set(names)), rest["next"]) == (13, 13, None)


def test_a_comparison_is_started_once_a_minute_for_the_month_and_the_one_before_by_people_only(world: World) -> None:
    def ask(by: str) -> tuple[int, Any]:
        event = api_event({"legal_entity": INC, "period": JANUARY, "step": "compare"}, by)
        response = handler("sign_off_month")(event, Context(), world)
        return response["statusCode"], json.loads(response["body"])

    assert ask("mallory")[0] == 403
    assert world.reconciliations.executions == {}
    status, started = ask("carla")
    assert (status, ask("carla")) == (200, (200, started))
    assert [*world.reconciliations.executions.values()] == [
        {"legal_entity": INC, "period": "2012-12"},
        {"legal_entity": INC, "period": JANUARY},
    ]
    assert started["executions"] == [*world.reconciliations.executions]


def test_a_counterpart_that_does_not_answer_is_told_with_its_queues_and_when_it_is_asked_again(world: World) -> None:
    def told() -> dict[str, tuple[str, str | None, str | None]]:
        services = read(world, "/v1/integrations")["services"]
        return {one["service"]: (one["state"], one["asked_again_at"], one["answered_again_at"]) for one in services}

    assert {state for state, _, _ in told().values()} == {"answers"}
    at = datetime(2013, 3, 1, 9, tzinfo=UTC)
    world.breakers.trip("sap", at=at, retry_after=0)
    assert told()["sap"] == ("rests", "2013-03-01T09:01:00.000000Z", None)
    (sap,) = (one for one in read(world, "/v1/integrations")["services"] if one["service"] == "sap")
    assert (sap["queues"], sap["tripped_at"]) == (["erp-postings", "payment-events"], "2013-03-01T09:00:00.000000Z")
    breaker = world.breakers.get("sap")
    assert breaker is not None
    world.breakers.close(breaker.closed(at + timedelta(minutes=5)))
    assert told()["sap"] == ("answers_again", None, "2013-03-01T09:05:00.000000Z")
    assert {state for name, (state, _, _) in told().items() if name != "sap"} == {"answers"}
