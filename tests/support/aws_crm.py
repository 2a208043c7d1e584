"""Orders of CRMs, taken in over moto: one becomes a contract, one waits, and all are listed."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from unittest.mock import patch

from billproof.adapters.aws.clients import client
from billproof.adapters.http_calls import HttpAnswer
from billproof.adapters.hubspot import rest as hubspot_rest
from billproof.adapters.salesforce import rest
from billproof_ops.demo import story
from tests.support.crm import ORDER, change_event, changed, mapping
from tests.support.crm_server import Api
from tests.support.hubspot_server import FakeHubspot
from tests.support.hubspot_webhooks import DEAL, event, signed, url_event
from tests.support.salesforce_server import FakeSalesforce

if TYPE_CHECKING:
    from tests.support.aws_chain import Chain

PARAMETER = "SalesforceSecretArn"
LISTING = json.dumps({"kind": "crm_listing", "system": "salesforce"})


class InProcess:
    """Sends to the API of a CRM in this process: nothing listens."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def __call__(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        token = headers.get("Authorization", "")
        status, answer, more = self._api.answer(method, target, token, (body or b"").decode())
        return HttpAnswer(status, json.dumps(answer).encode(), {name.lower(): value for name, value in more.items()})


def take_orders(chain: "Chain") -> None:
    """Take in what changed, what cannot be mapped, what is decided, what differs, and what nobody can read."""
    salesforce = FakeSalesforce(address="https://skymeter.example")
    client("secretsmanager").put_secret_value(SecretId=PARAMETER, SecretString=salesforce.secret)
    chain.publish(mapping())
    with patch.object(rest, "HttpSend", lambda *_, **__: InProcess(salesforce)):
        for product in ("SKY-DRONES", "SKY-MILES"):  # it waits, and then it is a contract
            salesforce.put(changed(("products", 1, "ProductCode"), product))
            for _ in range(2):
                chain.messages("sync_crm", [change_event(ORDER)])
        salesforce.put(changed(("order", "EndDate"), "2014-12-31"))
        chain.messages("sync_crm", [LISTING, "nothing"])
        hint = {"kind": "crm_hint", "system": "salesforce", "record_kind": "Order", "records": [ORDER], "adopt": False}
        chain.messages("sync_crm", [json.dumps(hint)])
    _take_webhooks(chain)
    _compare_accounts(chain)


def _compare_accounts(chain: "Chain") -> None:
    """Let two accounts have one tax number, and compare all of them as every morning."""
    alike = [account for account in story.master_data().accounts if account.id in {"UA", "WN"}]
    chain.publish(*(account.model_copy(update={"version": 2, "vat_number": "US-12-3456789"}) for account in alike))
    chain.call("check_completeness", {})


def _take_webhooks(chain: "Chain") -> None:
    """Take a webhook that HubSpot signed, and the same one that it did not."""
    hubspot = FakeHubspot(address="https://hubspot.example")
    client("secretsmanager").put_secret_value(SecretId="HubspotSecretArn", SecretString=hubspot.secret)
    chain.publish(mapping("hubspot"))
    for secret in ("client", "other"):
        chain.call("receive_crm_webhook", url_event(signed(event(), secret=secret, at=chain.now)))
    hint = {"kind": "crm_hint", "system": "hubspot", "record_kind": "Order", "records": [DEAL]}
    with patch.object(hubspot_rest, "HttpSend", lambda *_, **__: InProcess(hubspot)):
        chain.messages("sync_crm", [json.dumps(hint)])
