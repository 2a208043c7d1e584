"""The API for tokens over HTTP: who signed in to the user pool is who calls, and other tokens reach no function."""

import json
import os
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from billproof_ops import api
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, INC, JANUARY, run_command
from tests.support.tokens import USERS

INVOICE = f"{INC}.{JANUARY}.MQ"
"""Of no other test: a request that waits leaves nothing else to credit."""
DECISION = {"verdict": "approved", "reason": "agreed by telephone"}


def post(target: Target, path: str, body: dict[str, Any], token: str | None) -> tuple[int, Any]:
    """Call the API for tokens; return the status and the answer."""
    api_id = str(urlsplit(target.outputs["TokenApiUrl"]).hostname).partition(".")[0]
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{api_id}/$default{path}"
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    request = AWSRequest("POST", url, headers=headers, data=json.dumps(body).encode())
    response = URLLib3Session().send(request.prepare())
    return response.status_code, json.loads(response.content)


def test_a_person_decides_by_a_token_and_the_decision_is_proved(billed: Target) -> None:
    policy = billed.ports.directory.policy(INC)
    with_token = [
        person.model_copy(update={"identities": (*person.identities, USERS.identity(person.id))})
        for person in policy.people
    ]
    published = max(version.policy.version for version in billed.ports.policies.history(INC).versions)
    later = policy.model_copy(update={"version": published + 1, "people": tuple(with_token)})
    api.call(billed, api.PUBLISH, later.model_dump(mode="json"), who="ana")
    api.call(billed, api.CONFIRM, {"legal_entity": INC, "version": later.version}, who="ben")
    asked = {"id": "by-token", "invoice": INVOICE, "reason": "goodwill", "note": "as agreed"}
    status, credit = post(billed, "/v1/credit-notes", asked, USERS.token("carla"))
    assert status == 200, credit
    path = f"/v1/exceptions/{credit['exception']}/decisions"
    status, problem = post(billed, path, DECISION, USERS.token("carla"))
    assert (status, problem["code"]) == (403, "own_request")
    status, problem = post(billed, path, DECISION, USERS.token("mallory"))
    assert (status, problem["code"]) == (403, "unknown_person")
    status, answer = post(billed, path, DECISION, USERS.token("ben"))
    assert (status, answer["decision"]["decided_by"]) == (200, "ben")
    assert answer["decision"]["identity"] == USERS.identity("ben").model_dump(mode="json")
    register = billed.ports.register
    until(lambda: register.released(f"{INVOICE}~01"), what="the credit note", timeout_seconds=DRAIN_SECONDS)
    until(
        lambda: True if run_command("invoice", "prove", INVOICE)[0] == 0 else None,
        what="its posting",
        timeout_seconds=DRAIN_SECONDS,
    )


def test_a_token_that_is_not_ours_reaches_no_function(stack: Target) -> None:
    head, claims, signature = USERS.token("ben").split(".")
    forged = USERS.token("mallory").split(".")[1]
    for token in (
        None,
        USERS.token("ben", audience="another"),
        f"{head}.{forged}.{signature}",
        f"{head}.{claims}.",
        "ben",
    ):
        status, answer = post(stack, "/v1/runs", {"legal_entity": INC, "period": "2999-01"}, token)
        assert (status, answer) == (401, {"message": "Unauthorized"})
