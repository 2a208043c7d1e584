"""A policy takes effect by a second person, and never for who published it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from billproof.approvals.deciding import decide_exception
from billproof.approvals.dismissing import why_not_dismissed
from billproof.approvals.governing import PolicyConfirmation
from billproof.approvals.model import Answer, Refusal, Verdict
from billproof.approvals.policy import Policy
from billproof.approvals.publishing import PolicyState, confirm_policy, publish_policy
from billproof.callers import Identity
from billproof.errors import Conflict, InvalidInput, NotAllowed, NotFound
from billproof.periods import instant_text
from billproof.proof.policies import compare_policies
from billproof.proof.service import prove_run
from billproof.usage.refusal_model import Dismissal
from billproof_ops.demo import story
from billproof_ops.local.people import local_identity
from tests.support.world import INC, JANUARY, World, flight

CASE = f"{INC}.2013-01.UA.001"
TOKEN = Identity(issuer="https://login.skymeter.example", subject="ana")
OTHER = Identity(issuer="https://login.skymeter.example", subject="ana-2")
ANA = local_identity("ana")


@pytest.fixture
def world() -> World:
    """UA's invoice of 5,000.00 is held: nobody says what a cancelled flight costs."""
    world = World(accounts={"UA"})
    contract = world.directory.contracts("UA")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, type="flight.cancelled")])
    world.bill()
    world.moment += timedelta(hours=1)
    return world


def version(number: int, **limits: str) -> Policy:
    """The demo's policy as another version, in which a manager has other limits."""
    policy = story.master_data().policies[0].model_dump(mode="json")
    roles = [role | ({"limits": limits} if role["id"] == "manager" else {}) for role in policy["roles"]]
    return Policy.model_validate(policy | {"version": number, "roles": roles})


def renamed(number: int, *people: tuple[str, Identity], others: tuple[str, ...] = ("ben", "carla")) -> Policy:
    """The demo's policy with some directors in place of ana."""
    document: dict[str, Any] = version(number).model_dump(mode="json")
    by_id: dict[str, dict[str, Any]] = {person["id"]: person for person in document["people"]}
    ana = by_id["ana"]
    new = [
        ana | {"id": name, "name": name.title(), "role": "director", "identities": [identity.model_dump()]}
        for name, identity in people
    ]
    return Policy.model_validate(document | {"people": [*(by_id[other] for other in others), *new]})


def publish(world: World, policy: Policy, by: str | Identity) -> PolicyState:
    caller = local_identity(by) if isinstance(by, str) else by
    return publish_policy(policy, caller=caller, directory=world.directory, now=world.now())


def decide(world: World, caller: Identity) -> Answer:
    return decide_exception(
        exception=CASE,
        verdict=Verdict.APPROVED,
        caller=caller,
        reason="the carrier confirmed it",
        exception_store=world.exception_store,
        register=world.register,
        policies=world.policies,
        tokens=world.tokens,
        now=world.now(),
    )


def confirm(world: World, number: int, by: str | Identity) -> PolicyState:
    caller = local_identity(by) if isinstance(by, str) else by
    return confirm_policy(legal_entity=INC, version=number, caller=caller, policies=world.policies, now=world.now())


def test_a_version_decides_nothing_until_somebody_else_confirmed_it(world: World) -> None:
    lower = version(2, USD="10")
    assert publish(world, lower, "carla").outcome == "published"
    assert publish(world, lower, "carla").outcome == "published"  # again
    assert world.directory.policy(INC).version == 1
    with pytest.raises(NotAllowed, match="somebody else must confirm"):
        confirm(world, 2, "carla")
    with pytest.raises(NotAllowed, match="no person with this identity"):
        confirm(world, 2, "mallory")
    state = confirm(world, 2, "ben")
    assert (state.outcome, state.published_by, state.confirmed_by) == ("in_force", "carla", "ben")
    assert confirm(world, 2, "ana") == state  # the second confirmation changes nothing
    assert world.directory.policy(INC).version == 2
    assert world.decide(CASE, "approved", "ana").refusal is Refusal.OVER_LIMIT


def test_who_published_a_version_decides_under_the_one_before(world: World) -> None:
    publish(world, version(2, USD="10"), "carla")
    confirm(world, 2, "ben")
    publish(world, version(3, USD="9000000"), "ana")
    confirm(world, 3, "ben")
    answer = world.decide(CASE, "approved", "ana")
    assert (answer.refusal, "5000.00 USD is over the limit of ana" in answer.message) == (Refusal.OVER_LIMIT, True)
    answer = world.decide(CASE, "approved", "ben")
    assert answer.decision is not None
    assert answer.decision.policy_version == 3


def test_nobody_publishes_the_right_to_decide_for_oneself(world: World) -> None:
    """Mallory, whom ana brings in, decides; ana's own second identity does not make her another person."""
    document = version(2, USD="10").model_dump(mode="json")
    ana = document["people"][1]
    ana["identities"].append(TOKEN.model_dump())
    publish(world, Policy.model_validate(document), "ana")
    with pytest.raises(NotAllowed):
        confirm(world, 2, TOKEN)
    confirm(world, 2, "ben")
    document = document | {"version": 3, "people": [document["people"][0], {**ana, "role": "director"}]}
    publish(world, Policy.model_validate(document), TOKEN)
    with pytest.raises(NotAllowed, match="ana published"):
        confirm(world, 3, "ana")


def test_another_identity_makes_nobody_another_person_than_who_published(world: World) -> None:
    publish(world, renamed(2, ("ana", TOKEN)), "ana")
    confirm(world, 2, "carla")
    answer = decide(world, TOKEN)
    assert (answer.outcome, answer.refusal) == ("refused", Refusal.OWN_POLICY)
    world.moment += timedelta(hours=1)
    assert world.decide(CASE, "approved", "ben").outcome == "decided"
    world.apply(CASE)
    stored = world.records["decisions"].items
    (key,) = [key for key in stored if key.sort.endswith("UA#001#decided")]
    stored[key] = {**stored[key], "decided_by": "ana", "identity": TOKEN.model_dump()}
    for counted in [counted for counted in stored if counted.partition == f"limits#{INC}#ben"]:
        stored[replace(counted, partition=f"limits#{INC}#ana")] = stored.pop(counted)
    differences = prove_run(f"{INC}-{JANUARY}-001", stores=world.stores()).differences
    assert "policy version 2 was not in force for ana" in [difference.proved for difference in differences]


def test_a_person_is_the_same_one_through_any_number_of_names_and_identities(world: World) -> None:
    for policy in (
        renamed(2, ("ana", TOKEN)),
        renamed(3, ("anaw", TOKEN)),
        renamed(4, ("anaw", OTHER)),
        renamed(5, others=("ben", "carla")),
        renamed(6, ("ana", OTHER)),
    ):
        publish(world, policy, "carla")
        confirm(world, policy.version, "ben")
    history = world.policies.history(INC)
    assert all(history.same_person(one, other) for one in (ANA, TOKEN, OTHER) for other in (ANA, TOKEN, OTHER))
    assert all(history.is_person(one, name) for one in (ANA, TOKEN, OTHER) for name in ("ana", "anaw"))
    assert not history.same_person(ANA, local_identity("ben"))
    publish(world, renamed(7, ("anax", OTHER)), OTHER)
    with pytest.raises(NotAllowed, match="no person with this identity"):
        confirm(world, 7, "ana")
    confirm(world, 7, "ben")
    assert decide(world, OTHER).decision.policy_version == 6  # type: ignore[union-attr]


def test_nobody_publishes_a_version_in_which_oneself_becomes_somebody_else(world: World) -> None:
    with pytest.raises(NotAllowed, match="new people and no ana, by id or identity"):
        publish(world, renamed(2, ("anaw", TOKEN)), "ana")
    with pytest.raises(InvalidInput, match=r"another id in this version.*\['ana'\]"):
        publish(world, renamed(2, ("ana", TOKEN), ("ghost", ANA)), "ana")
    publish(world, renamed(2, others=("ben", "carla")), "ana")  # who leaves may say so
    publish(world, renamed(3, ("anaw", TOKEN)), "carla")  # of a colleague that is a second person's word
    confirm(world, 3, "ben")
    assert decide(world, TOKEN).outcome == "decided"


def test_a_version_that_was_confirmed_in_between_hides_nobody(world: World) -> None:
    """By version 2 ana is `anaw` when version 5, published before it, would make `ana` somebody."""
    publish(world, renamed(5, ("ana", TOKEN)), "ana")
    publish(world, renamed(2, ("anaw", ANA)), "ana")
    confirm(world, 2, "ben")
    confirm(world, 5, "ben")
    assert decide(world, TOKEN).refusal is Refusal.OWN_POLICY
    publish(world, renamed(8, ("new", OTHER), ("ana", TOKEN)), TOKEN)
    publish(world, renamed(7, others=("ben", "carla")), "carla")
    confirm(world, 7, "ben")
    with pytest.raises(NotAllowed):
        confirm(world, 8, "ben")


def test_what_nobody_confirmed_makes_two_people_no_single_one(world: World) -> None:
    joined: dict[str, Any] = version(9).model_dump(mode="json")
    joined["people"] = [joined["people"][0] | {"identities": [local_identity(n).model_dump() for n in ("ana", "ben")]}]
    publish(world, Policy.model_validate(joined), "carla")
    publish(world, version(2, USD="10"), "ana")
    assert confirm(world, 2, "ben").outcome == "in_force"


def test_two_identities_of_one_person_do_not_bring_about_the_first_version() -> None:
    world = World(master_data=False)
    world.publish(*story.master_data().legal_entities)
    document: dict[str, Any] = version(1).model_dump(mode="json")
    document["people"][1]["identities"].append(TOKEN.model_dump())
    publish(world, Policy.model_validate(document), "ana")
    with pytest.raises(NotAllowed, match="ana published"):
        confirm(world, 1, TOKEN)


def test_a_version_of_somebody_who_left_is_confirmed_by_nobody(world: World) -> None:
    """It would be the second person alone who lets it take effect."""
    publish(world, version(5, USD="9000000"), "carla")
    document = version(2, USD="8000").model_dump(mode="json")
    people = [person for person in document["people"] if person["id"] != "carla"]
    publish(world, Policy.model_validate(document | {"people": people}), "ana")
    confirm(world, 2, "ben")
    for colleague in ("ana", "ben"):
        with pytest.raises(NotAllowed, match="version 2 has no person with this identity"):
            confirm(world, 5, colleague)
    publish(world, version(6, USD="9000000"), "ana")
    assert confirm(world, 6, "ben").outcome == "in_force"


def test_the_first_version_is_published_and_confirmed_by_people_whom_it_names() -> None:
    world = World(master_data=False)
    world.publish(*story.master_data().legal_entities)
    first = version(1, USD="10")
    with pytest.raises(NotAllowed):
        publish(world, first, "mallory")
    publish(world, first, "ana")
    assert world.directory.policy(INC).people == ()
    with pytest.raises(NotAllowed):
        confirm(world, 1, "ana")
    confirm(world, 1, "carla")
    assert world.policies.history(INC).in_force_for(local_identity("ana"), world.now()) is None
    assert len(world.directory.policy(INC).people) == 3


def test_a_version_is_never_another_one_nor_an_earlier_one(world: World) -> None:
    publish(world, version(3, USD="10"), "ana")
    with pytest.raises(Conflict, match="was published otherwise"):
        publish(world, version(3, USD="11"), "ana")
    with pytest.raises(Conflict, match="was published otherwise"):
        publish(world, version(3, USD="10"), "ben")
    publish(world, version(2, USD="11"), "ana")
    confirm(world, 3, "ben")
    with pytest.raises(Conflict, match="version 3 of policy skymeter-inc is in force"):
        confirm(world, 2, "ben")
    with pytest.raises(Conflict, match="version 1 was published otherwise"):
        publish(world, version(1, USD="11"), "carla")
    with pytest.raises(NotFound):
        confirm(world, 4, "ben")
    with pytest.raises(NotFound):
        publish(world, version(1).model_copy(update={"id": "nobody"}), "ben")


def confirmed_at(world: World, number: int, seconds: int) -> None:
    """Write what somebody wrote who confirmed a version that others confirmed at the same moment."""
    at = instant_text(world.moment + timedelta(seconds=seconds))
    ben = local_identity("ben")
    confirmation = PolicyConfirmation(version=number, confirmed_by=ben, person="ben", confirmed_at=at)
    assert world.policies.confirm(INC, confirmation)


@pytest.mark.parametrize("seconds", [{2: 5, 3: 5}, {2: 5, 3: 25}, {3: 5, 2: 25}], ids=str)
def test_of_versions_that_are_confirmed_in_one_minute_the_highest_is_in_force(
    seconds: dict[int, int], world: World
) -> None:
    for number in (2, 3):
        publish(world, version(number, USD=f"{number}000"), "carla")
    for number, after in seconds.items():
        confirmed_at(world, number, after)
    history = world.policies.history(INC)
    in_force = [history.in_force(world.moment + timedelta(seconds=at)) for at in (0, 10, 30)]
    first = 3 if seconds[3] == 5 else 2
    assert [known and known.policy.version for known in in_force] == [1, first, 3]
    assert list(compare_policies(history)) == []


@pytest.mark.parametrize(("under", "counts"), [(1, True), (2, True), (3, True), (4, False)])
def test_a_decision_holds_to_any_version_of_the_minute_in_which_it_was_taken(
    *, under: int, counts: bool, world: World
) -> None:
    """Two versions followed each other within a minute: one in between may have been looked at by who decided."""
    for number in (2, 3, 4):
        publish(world, version(number, USD="9000"), "carla")
    confirmed_at(world, 2, 10)
    confirmed_at(world, 3, 30)
    confirmed_at(world, 4, 70)
    history, at = world.policies.history(INC), world.moment + timedelta(seconds=50)
    assert history.may_have_been_used(under, ANA, at) == counts
    assert not history.may_have_been_used(2, ANA, at + timedelta(minutes=2))
    dismissal = Dismissal(id="a", dismissed_by="ana", dismissed_at=instant_text(at), reason="a test", identity=ANA)
    assert why_not_dismissed(dismissal, history) is None


def test_master_data_brings_no_policy(world: World) -> None:
    with pytest.raises(InvalidInput, match="somebody else confirms it"):
        world.directory.add(version(2, USD="9000000"))
    assert world.directory.policy(INC).version == 1
