"""Identities are compared exactly, and the names of people cannot pass for one another."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.api.asked import COGNITO, caller_of
from billproof.approvals.policy import Policy
from billproof.callers import IAM, Identity, readable_name
from billproof.names import PUBLISHED
from billproof_ops.demo import story

BEN = "arn:aws:iam::000000000000:user/ben"


def policy(**changes: Any) -> dict[str, Any]:
    return story.master_data().policies[0].model_dump(mode="json") | changes


def published(document: dict[str, Any]) -> Policy:
    return Policy.model_validate(document, context=PUBLISHED)


@pytest.mark.parametrize(
    ("authorizer", "identity"),
    [
        ({"iam": {"userArn": BEN}}, Identity(issuer=IAM, subject=BEN)),
        ({"iam": {"userArn": BEN, "cognitoIdentity": None}}, Identity(issuer=IAM, subject=BEN)),
        (
            {"iam": {"userArn": "arn:aws:sts::0:assumed-role/pool/CognitoIdentityCredentials"}}
            | {"iam": {"userArn": "arn", "cognitoIdentity": {"identityId": "us-east-1:1234"}}},
            Identity(issuer=COGNITO, subject="us-east-1:1234"),
        ),
        (
            {"jwt": {"claims": {"iss": "https://login.example", "sub": "42"}, "scopes": None}},
            Identity(issuer="https://login.example", subject="42"),
        ),
        ({"jwt": {"claims": {"iss": "https://login.example"}}}, None),
        ({"jwt": {"claims": {"iss": "", "sub": "42"}}}, None),
        ({"iam": {"userArn": None}}, None),
        ({"iam": None}, None),
        ({"lambda": {"userArn": BEN}}, None),
        ({}, None),
    ],
)
def test_a_caller_is_who_the_authorizer_made_sure_of(authorizer: dict[str, Any], identity: Identity | None) -> None:
    assert caller_of({"requestContext": {"authorizer": authorizer}}) == identity


@pytest.mark.parametrize("event", [{}, {"requestContext": None}, {"requestContext": {}}, {"userArn": BEN}])
def test_an_event_without_an_authorizer_names_nobody(event: dict[str, Any]) -> None:
    assert caller_of(event) is None


@pytest.mark.parametrize("subject", ["Ben", "BEN", "ben ", " ben", "b\u0435n", "ben\u200b", "ben/", "xben", ""])
def test_only_the_very_identity_is_a_person(subject: str) -> None:
    known = published(policy())
    assert known.person_of(Identity(issuer=IAM, subject=BEN)) == known.person("ben")
    try:
        identity = Identity(issuer=IAM, subject=BEN.removesuffix("ben") + subject)
    except ValidationError:
        return  # it is no identity at all
    assert known.person_of(identity) is None


def test_another_issuer_vouches_for_nobody() -> None:
    assert published(policy()).person_of(Identity(issuer="https://login.example", subject=BEN)) is None


@pytest.mark.parametrize("name", ["B\u0435n", "\u0391na Rossi", "Ana\u0000", "Ana\u200b", "  ", "A\u13aaa"])
def test_a_name_that_can_pass_for_another_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name is"):
        readable_name(name)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Ana  Rossi ", "Ana Rossi"),
        ("\uff21na", "Ana"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("O'Neil-Smith, Jr.", "O'Neil-Smith, Jr."),
        ("\u0411\u043e\u0440\u0438\u0441", "\u0411\u043e\u0440\u0438\u0441"),
        ("\u5c71\u7530 \u306f\u306a\u3053", "\u5c71\u7530 \u306f\u306a\u3053"),
    ],
)
def test_a_name_of_one_script_is_kept_in_its_normal_form(name: str, normal: str) -> None:
    assert readable_name(name) == normal


def with_person(number: int, **changes: Any) -> dict[str, Any]:
    people = json.loads(json.dumps(policy()["people"]))
    people[number] |= changes
    return policy(people=people)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (with_person(0, id="BEN"), "ids of two people"),
        (with_person(0, name="BEN OKAFOR"), "names of two people"),
        (with_person(0, identities=[{"issuer": IAM, "subject": BEN}]), "identities of two people"),
        (with_person(0, identities=[]), "no identity"),
        (with_person(0, id="schedule"), "the name of no person"),
        (with_person(0, id="billproof"), "the name of no person"),
        (with_person(0, name="\u0412en"), "one script"),
        (policy(format=1), "format 2"),
    ],
)
def test_people_who_can_be_mistaken_are_not_published(document: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        published(document)


def test_a_policy_of_before_is_read_as_it_was_written() -> None:
    before = policy()
    del before["format"], before["limits_add_up_by"]
    for person in before["people"]:
        del person["identities"]
    assert Policy.model_validate(before).format == 1
    with pytest.raises(ValidationError, match="it is published in format 2"):
        published(before)
