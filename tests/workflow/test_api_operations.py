"""Reads of operations over HTTP: every page, every document, and nothing of a company that does not know the caller."""

import base64
import io
import json
from typing import Any

import pytest
from pypdf import PdfReader

from billproof.api.late_routes import LateRoutes
from billproof.invoicing.delivery import pdf_key
from tests.support.api_events import DOCUMENT, route_event
from tests.support.fakes import MemoryCallLimits
from tests.support.invoking import Context, handler
from tests.support.world import EUROPE, INC, JANUARY, World, flight

RUN = f"{INC}-{JANUARY}-001"
CASE = f"{INC}.{JANUARY}.EV.001"


@pytest.fixture(scope="module")
def world() -> World:
    """January of both companies is billed and posted; EV waits, and UA has a credit note."""
    world = World(accounts={"UA", "WN", "EV", "DL"})
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, account="EV", type="flight.cancelled"), flight(2, account="UA")])
    world.bill()
    world.bill(EUROPE)
    world.post_all()
    world.credit_and_approve(f"{INC}.{JANUARY}.UA")
    world.reconcile()
    released = world.register.released(f"{INC}.{JANUARY}.UA")
    assert released is not None
    world.objects.put(pdf_key(released), b"%PDF-1.7 of UA")
    forget_all_but(world, EUROPE, "ben")
    return world


@pytest.fixture(autouse=True)
def _no_call_is_one_too_many(world: World) -> None:
    world.call_limits = MemoryCallLimits()


def forget_all_but(world: World, entity: str, *names: str) -> None:
    """Let a policy name nobody but some people, so that the others are strangers to it."""
    policy = world.directory.policy(entity)
    people = [person for person in policy.people if person.id in names]
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "people": tuple(people)}))
    world.access._read_at = None


def call(world: World, event: dict[str, Any], function: str = "api_operations") -> tuple[int, Any, dict[str, str]]:
    response = handler(function)(event, Context(), world)
    body = response["body"]
    return response["statusCode"], json.loads(body) if body[:1] == "{" else body, response["headers"]


def get(world: World, route: str, by: str = "ana", **more: Any) -> Any:
    status, document, _ = call(world, route_event(f"GET {route}", by, **more))
    assert status == 200, document
    return document


NUMBER = "SKY-US-2013-000001"
IN_PATH = {
    "run": RUN,
    "exception": CASE,
    "document": NUMBER,
    "legal_entity": INC,
    "period": JANUARY,
    "id": INC,
    "account": "UA",
}
QUERY = {"legal_entity": INC, "period": JANUARY}


def event_of(route: str, by: str | None, **changed: str) -> dict[str, Any]:
    """A call of a route that is answered, with some names changed."""
    of_customer = {"document": "statement"} if "{account}" in route and "{document}" in route else {}
    names = {**IN_PATH, **changed, **of_customer}
    in_path = {name: value for name, value in names.items() if f"{{{name}}}" in route}
    query = {name: changed.get(name, value) for name, value in QUERY.items()} if "{" not in route else None
    if route == "GET /v1/runs":
        query = {"legal_entity": names["legal_entity"]}
    if route == "GET /v1/meters":
        query = None
    return route_event(route, by, query=query, **in_path)


OPERATIONS = LateRoutes("operation_routes", "invoice_routes", "customer_document_routes")
READS = [("api_operations", route) for route in OPERATIONS] + [
    ("api_contracts", route) for route in LateRoutes("contract_routes") if route.startswith("GET")
]


@pytest.mark.parametrize(("function", "route"), READS)
def test_every_read_is_answered_to_a_person_of_the_policy(function: str, route: str, world: World) -> None:
    status, document, headers = call(world, event_of(route, "ana"), function)
    assert status == 200, document
    assert "ratelimit" in headers
    if not route.endswith("/pdf"):
        again = event_of(route, "ana")
        again["headers"]["If-None-Match"] = headers["etag"]
        assert call(world, again, function)[:2] == (304, "")
        again["headers"]["If-None-Match"] = '"another"'
        assert call(world, again, function)[0] == 200


@pytest.mark.parametrize(("function", "route"), READS)
def test_every_read_is_refused_to_who_is_nobody(function: str, route: str, world: World) -> None:
    assert call(world, event_of(route, None), function)[0] == 401
    assert call(world, event_of(route, "mallory"), function)[0] == 403


@pytest.mark.parametrize(("function", "route"), READS)
def test_what_is_of_a_company_that_does_not_know_the_caller_is_not_there(
    function: str, route: str, world: World
) -> None:
    """Ana is a stranger to the European company: whatever of it she names is answered as what nobody has."""
    if route == "GET /v1/meters":
        return  # all companies share them
    number = next(row.number for row in rows(world, EUROPE) if row.number)
    theirs = {
        "run": f"{EUROPE}-{JANUARY}-001",
        "exception": f"{EUROPE}.{JANUARY}.DL.001",
        "document": number,
        "legal_entity": EUROPE,
        "id": EUROPE,
        "account": "DL",
    }
    status, problem, _ = call(world, event_of(route, "ana", **theirs), function)
    assert (status, problem["code"]) == (404, "not_found"), problem
    nobodys = {name: value.replace("europe", "nobody").replace("DL", "ZZ") for name, value in theirs.items()}
    nobodys["document"] = "SKY-XX-2013-000001"
    status, other, _ = call(world, event_of(route, "ana", **nobodys), function)
    assert status == 404
    assert shape(problem["detail"], theirs) == shape(other["detail"], nobodys)


def shape(detail: str, names: dict[str, str]) -> str:
    for name in names.values():
        detail = detail.replace(name, "?")
    return detail


def rows(world: World, entity: str) -> list[Any]:
    from billproof.invoicing.listing import rows_in_order

    return rows_in_order(world.register.of_period(entity, JANUARY))


@pytest.mark.parametrize("limit", ["1", "2", "100"])
def test_pages_together_hold_each_invoice_once(limit: str, world: World) -> None:
    query, invoices, pages = QUERY | {"limit": limit}, [], 0
    while True:
        page = get(world, "/v1/invoices", query=query)
        invoices += [row["invoice"] for row in page["items"]]
        pages += 1
        if page["next"] is None:
            break
        query = query | {"cursor": page["next"]}
    stored = [str(facts.id) for facts in world.register.of_period(INC, JANUARY) if not facts.id.is_credit]
    assert sorted(invoices) == sorted(stored)
    assert pages > 1 or limit == "100"


def test_lists_are_filtered_and_an_account_has_one_of_its_own(world: World) -> None:
    held = get(world, "/v1/invoices", query=QUERY | {"status": "held"})["items"]
    assert [row["account"] for row in held] == ["EV"]
    mine = get(world, "/v1/invoices", query={"account": "UA"})["items"]
    assert [(row["number"], row["account"]) for row in mine] == [(number_of(world, "UA"), "UA")]
    (credit,) = get(world, "/v1/credit-notes", query=QUERY)["items"]
    assert credit["account"] == "UA~01"
    assert get(world, "/v1/credit-notes", query={"account": "UA"})["items"] == [credit]
    assert get(world, "/v1/invoices", query={"account": "UA", "period": "2013-02"})["items"] == []


def number_of(world: World, account: str) -> str:
    released = world.register.released(f"{INC}.{JANUARY}.{account}")
    assert released is not None
    return released.number


def test_fields_are_chosen_of_a_document_and_of_each_item(world: World) -> None:
    page = get(world, "/v1/invoices", query=QUERY | {"fields": "number, gross", "status": "posted"})
    assert {tuple(row) for row in page["items"]} == {("number", "gross")}
    assert get(world, "/v1/runs/{run}", query={"fields": "state"}, run=RUN) == {"state": "closed"}
    status, problem, _ = call(world, route_event("GET /v1/runs/{run}", "ana", query={"fields": "x"}, run=RUN))
    assert (status, problem["code"]) == (400, "invalid_input")
    assert "state" in problem["detail"]


def test_a_document_is_shown_explained_proved_and_sent_as_it_was(world: World) -> None:
    number = number_of(world, "UA")
    document = get(world, "/v1/invoices/{document}", document=number)
    assert document == get(world, "/v1/invoices/{document}", document=f"{INC}.{JANUARY}.UA")
    assert document["invoice"] == world.invoice(f"{INC}.{JANUARY}.UA").model_dump(mode="json")
    explained = get(world, "/v1/invoices/{document}/explanation", document=number)
    assert [line["amounts"] for line in explained["lines"]] == [
        line["amounts"] for line in document["invoice"]["lines"]
    ]
    proof = get(world, "/v1/invoices/{document}/proof", document=number)
    assert (proof["holds"], proof["proof"]["differences"]) == (True, [])
    response = handler("api_operations")(
        route_event("GET /v1/invoices/{document}/pdf", "ana", document=number), Context(), world
    )
    assert base64.b64decode(response["body"]) == b"%PDF-1.7 of UA"
    assert response["headers"]["content-type"] == "application/pdf"
    status, problem, _ = call(
        world, route_event("GET /v1/invoices/{document}/pdf", "ana", document=number_of(world, "WN"))
    )
    assert (status, problem["code"]) == (404, "not_found")


def test_a_customer_is_given_a_statement_and_a_pro_forma_invoice(world: World) -> None:
    for name, said in (("statement", number_of(world, "WN")), ("pro-forma-2013-02", "Pro forma invoice")):
        response = handler("api_operations")(
            route_event(DOCUMENT, "ana", account="WN", document=name), Context(), world
        )
        assert response["statusCode"] == 200, response["body"]
        pages = PdfReader(io.BytesIO(base64.b64decode(response["body"]))).pages
        assert said in pages[0].extract_text()


def test_a_run_states_what_it_did(world: World) -> None:
    assert get(world, "/v1/runs/{run}", run=RUN)["state"] == "closed"
    statement = get(world, "/v1/runs/{run}/statement", run=RUN)
    assert (statement["released"], statement["held"]) == (2, 1)
    findings = get(world, "/v1/runs/{run}/findings", query={"limit": "1"}, run=RUN)
    assert findings["items"] == statement["findings"][:1]
    assert get(world, "/v1/runs/{run}/balance", run=RUN)["balances"] is True
    reconciled = get(world, "/v1/reconciliations/{legal_entity}/{period}", legal_entity=INC, period=JANUARY)
    assert reconciled["variances"] == []


def test_a_run_that_has_not_closed_has_no_statement_and_no_balance_and_says_so() -> None:
    world = World(accounts={"UA"})
    asked = route_event("POST /v1/runs", "carla", body=json.dumps({"legal_entity": INC, "period": JANUARY}))
    _, started, _ = call(world, asked, "request_run")
    run = started["run_id"]
    for part in ("statement", "findings", "balance"):
        status, problem, _ = call(world, route_event(f"GET /v1/runs/{{run}}/{part}", "ana", run=run))
        assert (status, problem["detail"]) == (404, f"run {run} has no statement: it has not closed")


def test_an_exception_says_who_may_approve_it(world: World) -> None:
    (listed,) = get(world, "/v1/exceptions", query=QUERY)["items"]
    assert listed["opened"]["id"] == CASE
    shown = get(world, "/v1/exceptions/{exception}", exception=CASE)
    assert shown["state"] == listed
    assert "ben" in shown["may_approve"]
    everything = get(world, "/v1/exceptions", query=QUERY | {"all": "true"})["items"]
    assert {state["opened"]["kind"] for state in everything} == {"invoice", "credit_note"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"legal_entity": INC},
        {"legal_entity": INC, "period": "January"},
        QUERY | {"limit": "0"},
        QUERY | {"limit": "1001"},
        QUERY | {"limit": "x"},
        QUERY | {"cursor": "x"},
        QUERY | {"cursor": base64.urlsafe_b64encode(b'{"shard": 99, "subject": ""}').decode()},
        QUERY | {"cursor": base64.urlsafe_b64encode(b'{"shard": -1, "subject": ""}').decode()},
        QUERY | {"cursor": base64.urlsafe_b64encode(b'{"shard": 0, "subject": "", "more": 1}').decode()},
        QUERY | {"status": "lost"},
        QUERY | {"surprise": "x"},
    ],
)
def test_a_list_that_is_not_asked_for_as_it_should_be_is_refused(query: dict[str, str], world: World) -> None:
    status, problem, _ = call(world, route_event("GET /v1/invoices", "ana", query=query))
    assert status in {400, 422}, problem
    assert problem["code"] in {"invalid_input", "invalid_period"}


def test_a_cursor_of_one_company_reads_nothing_of_another(world: World) -> None:
    cursor = get(world, "/v1/invoices", query=QUERY | {"limit": "1"})["next"]
    theirs = {"legal_entity": EUROPE, "period": JANUARY, "cursor": cursor}
    assert call(world, route_event("GET /v1/invoices", "ana", query=theirs))[0] == 404


def test_a_version_is_published_only_on_the_one_that_the_caller_knows(world: World) -> None:
    """Ben is no client, so the scope is refused before any version is compared."""
    event = route_event("PUT /v1/accounts/{id}/versions/{version}", "ben", body="{}", id="UA", version="2")
    assert call(world, event, "api_contracts")[0] == 403
