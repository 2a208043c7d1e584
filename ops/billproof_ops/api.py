"""Calls of billproof's HTTP API, as the person who runs the command: decisions, requests and policies enter there only.

AWS             signed with your AWS credentials (SigV4), or with the token in BILLPROOF_TOKEN
embedded AWS    signed as the local user that --as names; LocalStack has no such API, its function is called directly
"""

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from billproof.adapters.aws.clients import client, session
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.local.emulators import Emulator, recognize
from billproof_ops.local.people import local_identity, signed_in
from billproof_ops.target import Target

TOKEN = "BILLPROOF_TOKEN"  # noqa: S105 - the name of a variable
ONLY_LOCAL = (
    "--as works on the embedded AWS only: on AWS your credentials, or the token in BILLPROOF_TOKEN, say who calls"
)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API: its function's output, and its path; names in braces are fields of the request."""

    function: str
    path: str


DECIDE = Operation("DecideExceptionName", "/v1/exceptions/{exception}/decisions")
CREDIT = Operation("RequestCreditName", "/v1/credit-notes")
RUN = Operation("RequestRunName", "/v1/runs")
SIGN_OFF = Operation("SignOffMonthName", "/v1/sign-offs")
DISMISS = Operation("DismissEventName", "/v1/refused-events/{event}/dismissals")
PUBLISH = Operation("PublishPolicyName", "/v1/policies/{id}/versions")
CONFIRM = Operation("ConfirmPolicyName", "/v1/policies/{legal_entity}/versions/{version}/confirmations")

TAKE_OVER = Operation("TakeOverBusinessName", "/v1/openings/{legal_entity}")


class RefusedCall(OpsError):
    """The API answered with a problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("message") or HTTPStatus(status).phrase))
        self.status = status
        self.problem = problem


class UnusableCall(RefusedCall, WrongUse):
    """The API says that what was asked makes no sense as it is."""


def call(target: Target, operation: Operation, request: Mapping[str, Any], *, who: str | None) -> Any:
    """Call an operation and return its answer.

    Raises RefusedCall for a problem that it answers, and WrongUse where `who` is named on AWS.
    """
    in_path = {name: str(value) for name, value in request.items() if f"{{{name}}}" in operation.path}
    body = {name: value for name, value in request.items() if name not in in_path}
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint is None:
        if who is not None:
            raise WrongUse(ONLY_LOCAL)
        return _call_aws(target, operation, in_path, body)
    if recognize(endpoint) is Emulator.LOCALSTACK:
        return _call_function(target, operation, in_path, body, who or os.environ.get("USER", "nobody"))
    url = f"{endpoint}/_aws/execute-api/{target.outputs['ApiId']}/$default{_path(operation, in_path)}"
    if who is None:
        return _answer(*_signed(url, body, _own_credentials()))
    with signed_in(who) as credentials:
        return _answer(*_signed(url, body, credentials))


def own_name(who: str | None) -> str:
    """Return whom the command itself writes as: the owner of the AWS credentials, or a local user.

    Raises WrongUse where `who` is named on AWS.
    """
    if who is None:
        return str(client("sts").get_caller_identity()["Arn"])
    if os.environ.get("AWS_ENDPOINT_URL") is None:
        raise WrongUse(ONLY_LOCAL)
    return who


def _call_aws(target: Target, operation: Operation, in_path: dict[str, str], body: Mapping[str, Any]) -> Any:
    token = os.environ.get(TOKEN)
    if token is None:
        url = target.outputs["ApiUrl"] + _path(operation, in_path)
        return _answer(*_signed(url, body, _own_credentials()))
    if "TokenApiUrl" not in target.outputs:
        message = f"{TOKEN} is set, and the stack has no API for tokens: deploy it with TokenIssuer and TokenAudience"
        raise OpsError(message)
    return _answer(*_sent(_request(target.outputs["TokenApiUrl"] + _path(operation, in_path), body, token=token)))


def _own_credentials() -> Credentials:
    credentials = session().get_credentials()
    if credentials is None:
        message = "no AWS credentials: they say who calls"
        raise OpsError(message)
    return credentials


def _path(operation: Operation, in_path: Mapping[str, str]) -> str:
    return operation.path.format(**{name: quote(value, safe="") for name, value in in_path.items()})


def _request(url: str, body: Mapping[str, Any], *, token: str = "") -> AWSRequest:
    headers = {"content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return AWSRequest("POST", url, headers=headers, data=json.dumps(body).encode())


def _signed(url: str, body: Mapping[str, Any], credentials: Credentials) -> tuple[int, bytes]:
    """Send a request that is signed with credentials."""
    request = _request(url, body)
    SigV4Auth(credentials, "execute-api", client("sts").meta.region_name).add_auth(request)
    return _sent(request)


def _sent(request: AWSRequest) -> tuple[int, bytes]:
    response = URLLib3Session().send(request.prepare())
    return response.status_code, response.content


def _call_function(
    target: Target, operation: Operation, in_path: dict[str, str], body: Mapping[str, Any], who: str
) -> Any:
    """Call an operation's function with what the API would send, where the emulator has no API."""
    identity = local_identity(who)
    event = {
        "version": "2.0",
        "routeKey": f"POST {operation.path}",
        "headers": {"idempotency-key": str(uuid.uuid4())},
        "pathParameters": in_path,
        "requestContext": {"authorizer": {"iam": {"userArn": identity.subject}}},
        "body": json.dumps(body),
    }
    answer = target.call(operation.function, event)
    return _answer(answer["statusCode"], answer["body"].encode())


def _answer(status: int, content: bytes) -> Any:
    try:
        document = json.loads(content)
    except ValueError:
        document = {}
    if status >= HTTPStatus.BAD_REQUEST:
        unusable = status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
        raise (UnusableCall if unusable else RefusedCall)(status, document if isinstance(document, dict) else {})
    return document
