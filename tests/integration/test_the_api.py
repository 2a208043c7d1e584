"""The API over HTTP: who signs is who calls, and nobody else gets in."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from billproof.adapters.aws.clients import client
from billproof_ops import api
from billproof_ops.local.people import signed_in
from billproof_ops.local.server import REGION
from billproof_ops.paths import ROOT
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, EUROPE, INC, JANUARY, OVER_HTTP
from tests.support.world import flight

OPEN_MONTH = {"legal_entity": INC, "period": "2999-01"}


def post(target: Target, path: str, body: Any, *, by: str | None = None) -> tuple[int, str, Any]:
    """Call the API as a local user, or without a signature; return the status, the content type and the answer."""
    return called(target, "POST", path, json.dumps(body).encode(), by=by)


def called(target: Target, method: str, path: str, body: bytes = b"", *, by: str | None) -> tuple[int, str, Any]:
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{target.outputs['ApiId']}/$default{path}"
    request = AWSRequest(method, url, headers={"content-type": "application/json"}, data=body)
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


def test_the_call_of_the_page_is_answered(loaded: Target, tmp_path: Path) -> None:
    """The stack is called by its name, since curl and the emulator sign the `$default` of its path differently."""
    (command,) = re.findall(r"^curl --aws-sigv4 .+$", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    name = f"{loaded.outputs['ApiId']}.execute-api.{endpoint.netloc}"
    (tmp_path / ".curlrc").write_text(f'resolve = "{name}:{endpoint.hostname}"\n')
    with signed_in("carla") as credentials:
        keys = {"AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret_key}
        known = {**os.environ, **keys, "AWS_REGION": REGION, "API_URL": f"http://{name}", "CURL_HOME": str(tmp_path)}
        answer = subprocess.run(["bash", "-c", command], env=known, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["items"], answer.stdout


def test_usage_that_is_sent_over_http_is_in_the_log(loaded: Target) -> None:
    event = flight(1, account="UA", id=OVER_HTTP) | {"time": "2013-12-28T12:00:00-05:00"}
    no_zone = event | {"id": "no-zone", "time": "2013-01-05T12:00:00"}
    status, _, dry = post(loaded, "/v1/usage-events:dry-run", [event, no_zone], by="metering")
    assert (status, dry["accepted"], dry["events"][1]["field"]) == (200, 1, "time")
    status, _, receipt = post(loaded, "/v1/usage-events", [event, no_zone], by="metering")
    assert (status, receipt["accepted"], receipt["refused"]) == (202, 1, 1)
    query = urlencode({"account": "UA", "source": event["source"], "id": event["id"], "time": event["time"]})

    def logged() -> Any:
        status, _, place = called(loaded, "GET", f"/v1/usage-events?{query}", by="metering")
        assert status == 200, place
        return place if place["state"] == "log" else None

    assert len(until(logged, what="the event", timeout_seconds=DRAIN_SECONDS)["copies"]) == 1
    status, _, usage = called(loaded, "GET", f"/v1/accounts/UA/usage?period={JANUARY}", by="metering")
    assert (status, usage["account"]) == (200, "UA")
    assert post(loaded, "/v1/usage-events", [event], by="ben")[0] == 403


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
