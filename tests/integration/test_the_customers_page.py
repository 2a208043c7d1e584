"""The page of a document on the stack: an API without an authorizer leads to it, and a link's token opens it."""

import os

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from billproof.invoicing.links import CustomerPages
from billproof_ops.billing import find_release
from billproof_ops.local.deployed import physical_ids
from billproof_ops.target import Target
from tests.support.chain import INC, JANUARY


def called(method: str, path: str, body: bytes = b"") -> tuple[int, str, bytes]:
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{physical_ids()['PagesApi']}/$default{path}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = URLLib3Session().send(AWSRequest(method, url, headers=headers, data=body).prepare())
    return response.status_code, response.headers["content-type"], response.content


def test_a_link_opens_its_document_and_its_files_and_nothing_opens_without_one(billed: Target) -> None:
    released = find_release(billed, f"{INC}.{JANUARY}.UA")
    token = CustomerPages("https://pages.example", billed.ports.now).give_link(released, billed.ports.register)
    status, kind, page = called("GET", f"/p/{token}")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert released.number in page.decode()
    status, kind, lines = called("GET", f"/p/{token}/lines.csv")
    assert (status, kind) == (200, "text/csv; charset=utf-8")
    assert lines.startswith(b"number,line,account")
    assert called("POST", f"/p/{token}/disputes", b"line=&cause=&reason=")[0] == 422
    status, kind, _ = called("GET", f"/p/{token[:-1]}")
    assert (status, kind) == (404, "text/html; charset=utf-8")
