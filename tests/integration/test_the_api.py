"""The API over HTTP: who signs is who calls, and nobody else gets in."""

import json
import os
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from billproof.adapters.aws.clients import client
from billproof_ops import api
from billproof_ops.local.people import signed_in
from billproof_ops.local.server import REGION
from billproof_ops.target import Target
from tests.support.chain import EUROPE, INC, JANUARY

OPEN_MONTH = {"legal_entity": INC, "period": "2999-01"}


def post(target: Target, path: str, body: dict[str, Any], *, by: str | None = None) -> tuple[int, str, Any]:
    """Call the API as a local user, or without a signature; return the status, the content type and the answer."""
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{target.outputs['ApiId']}/$default{path}"
    request = AWSRequest("POST", url, headers={"content-type": "application/json"}, data=json.dumps(body).encode())
    if by is None:
        response = URLLib3Session().send(request.prepare())
    else:
        with signed_in(by) as credentials:
            SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
            response = URLLib3Session().send(request.prepare())
    return response.status_code, response.headers["content-type"], json.loads(response.content)


def test_a_call_without_a_signature_reaches_no_function(loaded: Target) -> None:
    status, _, document = post(loaded, "/v1/runs", OPEN_MONTH)
    assert (status, document) == (403, {"message": "Forbidden"})


def test_a_signed_call_is_answered_and_what_is_wrong_is_a_problem_document(loaded: Target) -> None:
    status, kind, document = post(loaded, "/v1/runs", OPEN_MONTH, by="carla")
    assert (status, kind) == (422, "application/problem+json")
    assert (document["code"], document["status"]) == ("invalid_period", 422)
    assert "still accepts usage" in document["detail"]


@pytest.mark.parametrize("name", ["Ben", "BEN", "mallory", "ben-"])
def test_who_is_no_person_of_the_policy_asks_for_nothing(name: str, loaded: Target) -> None:
    for path, body in (
        ("/v1/runs", {"legal_entity": INC, "period": JANUARY}),
        ("/v1/sign-offs", {"legal_entity": INC, "period": JANUARY}),
        (f"/v1/exceptions/{INC}.{JANUARY}.EV.001/decisions", {"verdict": "approved", "reason": "as you like"}),
    ):
        status, kind, document = post(loaded, path, body, by=name)
        assert (status, kind) in {(403, "application/problem+json"), (404, "application/problem+json")}, document


def test_a_policy_takes_two_people_and_a_plain_invocation_names_nobody(loaded: Target) -> None:
    policy = loaded.ports.directory.policy(EUROPE)
    later = policy.model_dump(mode="json") | {"version": policy.version + 1}
    published = api.call(loaded, api.PUBLISH, later, who="ana")
    assert published["outcome"] == "published"
    confirmation = {"legal_entity": EUROPE, "version": policy.version + 1}
    with pytest.raises(api.RefusedCall, match="somebody else must confirm") as refused:
        api.call(loaded, api.CONFIRM, confirmation, who="ana")
    assert refused.value.status == 403
    assert loaded.ports.directory.policy(EUROPE).version == policy.version
    plain = client("lambda").invoke(
        FunctionName=loaded.outputs["ConfirmPolicyName"], Payload=json.dumps(confirmation).encode()
    )
    assert json.loads(plain["Payload"].read())["statusCode"] == 401
    assert loaded.ports.directory.policy(EUROPE).version == policy.version
