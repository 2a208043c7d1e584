"""Incidents of a generated month: what is named, what stays apart, and what a decision of one decides."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof.approvals.incident_id import SharedKind
from billproof.insights.incidents import evidence
from billproof.insights.incidents.service import incident_of, incidents_of
from billproof.pipeline.artefacts import BATCH_PLAN, PROFILE
from billproof.ports import Key
from billproof_ops import api, cli
from billproof_ops.printing import console
from billproof_ops.target import Target
from tests.support.api_events import api_event, route_event
from tests.support.incidents import (
    ABROAD,
    DOUBLED,
    EIGHT,
    FEBRUARY,
    GROWN,
    REPEATED,
    UNCOVERED,
    bill_february,
    doubled_february,
    eight_accounts,
    incident_sources,
    limited_policy,
    terms,
)
from tests.support.invoking import Context, handler
from tests.support.verifying import verified
from tests.support.world import INC, World

MONTH = {"legal_entity": INC, "period": FEBRUARY}
RUN_CASE = f"{INC}.{FEBRUARY}._run.001-01"
REASON = "the source sent them twice, and retracts them"


@pytest.fixture
def world() -> World:
    return doubled_february()


def read(world: World, route: str, query: dict[str, str] | None = None, *, by: str = "ana", **in_path: str) -> Any:
    response = handler("api_operations")(route_event(f"GET {route}", by, query=query, **in_path), Context(), world)
    return response["statusCode"], json.loads(response["body"])


def run(world: World, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    """Run `billproof incidents` over the world; its decisions are what the function of the API does."""

    def ask(_target: object, _operation: api.Operation, wanted: dict[str, Any], *, who: str | None) -> Any:
        response = handler("decide_exception")(api_event(wanted, who), Context(), world)
        document = json.loads(response["body"])
        if response["statusCode"] != 200:
            raise api.RefusedCall(response["statusCode"], document)
        return document

    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world))
    monkeypatch.setattr(api, "call", ask)
    monkeypatch.setattr(console, "_width", 200)  # what is folded depends on where the tests run
    result = CliRunner().invoke(cli.app, ("incidents", *words), env={"TERM": "xterm"})
    return result.exit_code, f"{result.output}{result.exception or ''}"


def test_a_source_that_doubles_its_events_is_one_incident_with_its_first_bad_hour_and_others_stay_apart(
    world: World,
) -> None:
    """40 invoices of 170.00 USD and 5 % tax: 40 x 178.50. The first flight that came twice left at 12:00 in New York.

    43 of 50 accounts have an exception, and so has the run; none of the 7 clean ones shares it: 1 / (44 / 51) = 1.159.
    """
    status, page = read(world, "/v1/incidents", MONTH)
    assert status == 200
    (incident,) = page["items"]
    assert (incident["id"], incident["kind"], incident["thing"]) == (REPEATED, "source", "test/operations")
    assert incident["first_bad"] == "2013-02-06T17"
    assert (incident["exceptions"], incident["waiting"], incident["accounts"]) == (41, 41, 40)
    assert (incident["amounts"], incident["unknown_amounts"]) == ([{"amount": "7140", "currency": "USD"}], 0)
    assert (incident["clean_looked_at"], incident["clean_sharing"], incident["lift"]) == (7, 0, "1.16")
    assert incident["says"].startswith("41 of 44 exceptions share it: events of source test/operations are not as in")
    assert incident["remedy"].startswith("have the source retract what it sent twice")
    assert (page["alone"], page["left_out"], page["unreadable"]) == (3, 0, [])
    _, shown = read(world, "/v1/incidents/{incident}", {"limit": "1000"}, incident=REPEATED)
    subjects = {item["opened"]["subject"] for item in shown["items"]}
    assert subjects == {*DOUBLED, "_run"}
    assert not subjects & {UNCOVERED, GROWN, ABROAD}
    assert shown["incident"] == incident


def test_an_incident_over_a_limit_is_decided_in_part_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ana approves up to 2,000.00 a day: 11 x 178.50 = 1,963.50, and a twelfth would make 2,142.00."""
    code, said = run(world, monkeypatch, "decide", REPEATED, "--approve", "--reason", REASON, "--as", "ana")
    lines = said.splitlines()
    assert (code, lines[0]) == (1, "11 of 41 approved; billproof status says what waits")
    refused = [line for line in lines if line.startswith("refused")]
    assert len(refused) == 30
    assert f"{INC}.{FEBRUARY}.{DOUBLED[11]}.001 178.50 USD makes 2142.00 USD that ana approved of one" in said
    assert all("may decide: ben" in line for line in refused)
    states = {state.opened.subject: state for state in incident_of(REPEATED, sources=incident_sources(world))[1]}
    assert {name for name, state in states.items() if state.decision is not None} == set(DOUBLED[:11])
    decision = states[DOUBLED[0]].decision
    assert decision is not None
    assert (decision.decided_by, decision.reason, decision.incident) == ("ana", REASON, REPEATED)
    _, page = read(world, "/v1/incidents", MONTH)
    (left,) = page["items"]
    assert (left["exceptions"], left["waiting"], left["amounts"]) == (41, 30, [{"amount": "5176.5", "currency": "USD"}])
    code, said = run(world, monkeypatch, "decide", REPEATED, "--approve", "--reason", REASON, "--as", "ben")
    assert (code, said) == (0, "30 of 30 approved; billproof status says what waits\n")
    again = run(world, monkeypatch, "decide", REPEATED, "--approve", "--reason", REASON, "--as", "ben")
    assert again == (0, "0 of 0 approved; billproof status says what waits\n")
    assert read(world, "/v1/incidents", MONTH)[1]["items"] == []
    (done,) = read(world, "/v1/incidents", MONTH | {"all": "true"})[1]["items"]
    assert (done["id"], done["waiting"], done["amounts"]) == (REPEATED, 0, [])
    assert verified(world).findings == ()


def test_the_decisions_of_an_incident_are_facts_of_their_own_that_name_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(world, monkeypatch, "decide", REPEATED, "--reject", "--reason", REASON, "--as", "ana")[0] == 0
    partition = f"exceptions#{INC}#{FEBRUARY}"
    decided = [record.document for record in world.decisions.query(partition) if record.key.sort.endswith("#decided")]
    assert len(decided) == 41
    assert {(fact["incident"], fact["verdict"], fact["decided_by"]) for fact in decided} == {
        (REPEATED, "rejected", "ana")
    }


def test_who_asked_for_the_run_decides_no_exception_of_the_incident(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = run(world, monkeypatch, "decide", REPEATED, "--reject", "--reason", REASON, "--as", "carla")
    assert (code, said.splitlines()[0]) == (1, "0 of 41 rejected; billproof status says what waits")
    assert said.count("refused ") == 41
    assert {state.decision for state in world.exception_store.of_period(INC, FEBRUARY)} == {None}


def decide(world: World, subject: str, incident: str) -> tuple[int, Any]:
    asked = {
        "exception": f"{INC}.{FEBRUARY}.{subject}.001",
        "verdict": "rejected",
        "reason": REASON,
        "incident": incident,
    }
    response = handler("decide_exception")(api_event(asked, "ana"), Context(), world)
    return response["statusCode"], json.loads(response["body"])


@pytest.mark.parametrize(
    ("incident", "status"),
    [("anything", 404), (REPEATED.replace(FEBRUARY, "2013-01"), 422), (REPEATED.replace(INC, "skymeter-europe"), 422)],
)
def test_a_decision_names_no_incident_of_another_month_and_nothing_that_is_none(
    world: World, incident: str, status: int
) -> None:
    assert decide(world, DOUBLED[0], incident)[0] == status
    assert world.exception_store.state(f"{INC}.{FEBRUARY}.{DOUBLED[0]}.001").decision is None


def test_a_decision_without_an_incident_is_stored_as_it_always_was(world: World) -> None:
    assert decide(world, DOUBLED[0], "")[0] == 200
    fact = world.decisions.get(Key(f"exceptions#{INC}#{FEBRUARY}", f"{DOUBLED[0]}#001#decided"))
    assert fact is not None
    assert "incident" not in fact


def test_incidents_of_a_legal_entity_that_the_caller_may_not_ask_about_do_not_exist(world: World) -> None:
    foreign = REPEATED.replace(INC, "skymeter-europe")
    assert read(world, "/v1/incidents/{incident}", incident=foreign)[0] == 404
    assert read(world, "/v1/incidents", {"legal_entity": "nobody", "period": FEBRUARY})[0] == 404
    assert read(world, "/v1/incidents/{incident}", incident=f"{INC}.{FEBRUARY}.source.x.y")[0] == 404


def test_a_run_whose_objects_are_gone_is_grouped_by_what_its_exceptions_say(world: World) -> None:
    (run_id,) = {state.opened.run for state in world.exception_store.of_period(INC, FEBRUARY)}
    for key in [key for key in world.objects.items if key.startswith(f"runs/{run_id}/plan/")]:
        del world.objects.items[key]
    month = incidents_of(INC, FEBRUARY, sources=incident_sources(world))
    assert [(one.kind, one.thing, one.exceptions) for one in month.incidents] == [
        (SharedKind.RULE, "invoice_over_limit", 41)
    ]
    assert set(month.unreadable) == {BATCH_PLAN.key(run_id, "0000-0000"), BATCH_PLAN.key(run_id, "0000-0001")}
    assert PROFILE.key(run_id, "0000") not in month.unreadable  # nothing says whose accounts lie in it


def test_no_more_batches_are_read_than_the_limit_and_what_is_left_out_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two batches of 25 accounts one is read: A00 to A24 and the run share the source, the rest only the control."""
    monkeypatch.setattr(evidence, "MOST_BATCHES", 1)
    read_keys: list[str] = []
    get = world.objects.get

    def counted(key: str) -> bytes:
        read_keys.append(key)
        return get(key)

    monkeypatch.setattr(world.objects, "get", counted)
    month = incidents_of(INC, FEBRUARY, sources=incident_sources(world))
    assert [(one.kind, one.exceptions) for one in month.incidents] == [(SharedKind.SOURCE, 26), (SharedKind.RULE, 16)]
    assert month.left_out == 25
    assert sum("/plan/" in key for key in read_keys) == 1
    assert len(read_keys) == len(set(read_keys))


def grouped(world: World) -> list[tuple[str, str, str, set[str], str | None]]:
    month = incidents_of(INC, FEBRUARY, sources=incident_sources(world))
    return [
        (one.kind, one.thing, one.what, {state.opened.subject for state in month.states[one.id]}, one.first_bad)
        for one in month.incidents
    ]


def test_contract_versions_of_one_signer_and_day_are_one_incident() -> None:
    """At 100 a flight ten flights are 1,000 USD, over the limit of 150; the other five accounts stay clean."""
    world = eight_accounts()
    world.publish(*(terms(name, 2, f"{FEBRUARY}-01", price="100") for name in EIGHT[:3]))
    bill_february(world)
    assert grouped(world) == [("contract", "v2@import", f"{FEBRUARY}-01", set(EIGHT[:3]), f"{FEBRUARY}-01")]


def test_a_policy_that_holds_what_it_did_not_hold_before_is_one_incident_from_its_confirmation_on() -> None:
    world = eight_accounts()
    world.publish(limited_policy(3, "50"))
    bill_february(world)
    ((kind, thing, what, subjects, first_bad),) = grouped(world)
    assert (kind, thing, what, subjects) == ("configuration", "policy version 3", "invoice_over_limit", set(EIGHT))
    confirmation = next(one for one in world.policies.history(INC).versions if one.policy.version == 3).confirmation
    assert confirmation is not None
    assert first_bad == confirmation.confirmed_at


def test_refused_events_of_one_source_are_what_their_accounts_share_from_their_first_hour_on() -> None:
    """All eight are over a limit of the policy; what two of them share with no other is closer to a cause."""
    world = eight_accounts()
    world.publish(limited_policy(3, "50"))
    bill_february(world, without_distance=EIGHT[:2])
    groups = grouped(world)
    assert [one[:4] for one in groups] == [
        ("configuration", "policy version 3", "invoice_over_limit", set(EIGHT[2:])),
        ("source", "test/operations", "refused_quantity_missing", set(EIGHT[:2])),
    ]
    assert groups[1][4] == f"{FEBRUARY}-04T17"


def test_the_command_lists_incidents_and_shows_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("-e", INC, "-p", FEBRUARY)
    code, said = run(world, monkeypatch, "list", *words)
    assert code == 0, said
    assert f"{REPEATED} " in said
    assert "41 of 41" in said
    assert "7140.00 USD" in said
    assert "3 exceptions are in no incident: billproof exceptions list" in said
    code, said = run(world, monkeypatch, "show", REPEATED)
    assert code == 0, said
    assert "41 of 44 exceptions share it" in said
    assert said.count(f"{INC}.{FEBRUARY}.A") == 40
    for flags in ([], ["--approve", "--reject"]):
        code, said = run(world, monkeypatch, "decide", REPEATED, "--reason", REASON, *flags)
        assert (code, said) == (1, "say either --approve or --reject")
