"""Operations over HTTP on the stack: API Gateway matches the routes, roles let each function read what it answers."""

import json
import os
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from billproof_ops.local.people import signed_in
from billproof_ops.local.server import REGION
from billproof_ops.target import Target
from tests.support.chain import INC, JANUARY

MONTH = {"legal_entity": INC, "period": JANUARY}


def get(target: Target, path: str, *, by: str = "ana", etag: str = "", **query: str) -> Any:
    """Read a path of the API as a local user; return the whole response."""
    string = f"?{urlencode(query)}" if query else ""
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{target.outputs['ApiId']}/$default{path}{string}"
    request = AWSRequest("GET", url, headers={"if-none-match": etag} if etag else {})
    with signed_in(by) as credentials:
        SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        return URLLib3Session().send(request.prepare())


def test_a_month_is_read_over_http_from_its_run_to_each_document(billed: Target) -> None:
    (run, *_) = json.loads(get(billed, "/v1/runs", **MONTH).content)["items"]
    statement = json.loads(get(billed, f"/v1/runs/{run['run']}/statement").content)
    assert (run["state"], statement["run"]) == ("closed", run["run"])
    first = json.loads(get(billed, "/v1/invoices", **MONTH, limit="1").content)
    rest = json.loads(get(billed, "/v1/invoices", **MONTH, cursor=first["next"]).content)
    rows = first["items"] + rest["items"]
    assert (len(first["items"]), rest["next"]) == (1, None)
    assert len({row["invoice"] for row in rows}) == len(rows) > 1
    number = next(row["number"] for row in rows if row["delivered"])
    answer = get(billed, f"/v1/invoices/{quote(number)}")
    assert json.loads(answer.content)["released"]["number"] == number
    assert get(billed, f"/v1/invoices/{quote(number)}", etag=answer.headers["etag"]).status_code == 304
    pdf = get(billed, f"/v1/invoices/{quote(number)}/pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    first, second = (get(billed, "/v1/accounts/UA/documents/statement-2013-02-28/pdf") for _ in range(2))
    assert (first.headers["content-type"], first.content[:5]) == ("application/pdf", b"%PDF-")
    assert first.content == second.content
    kept = billed.ports.objects.keys(f"account-documents/{INC}/UA/statement-2013-02-28-")
    assert first.content in [billed.ports.objects.get(key) for key in kept]
    proof = json.loads(get(billed, f"/v1/invoices/{quote(number)}/proof").content)
    assert proof["holds"], proof["proof"]["differences"]


def test_who_is_no_person_of_the_policy_reads_nothing(billed: Target) -> None:
    assert get(billed, "/v1/invoices", by="mallory", **MONTH).status_code == 403
