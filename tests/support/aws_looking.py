"""What people and programs look at before a month is billed, in the chain over moto."""

import json

from tests.support.api_events import route_event
from tests.support.aws_decisions import Decided

VERIFY = "GET /v1/audit/{legal_entity}"
SHOW_USAGE = "GET /v1/accounts/{account}/usage"


def look(chain: Decided, entity: str, account: str, period: str) -> None:
    """Look at an account's usage and its invoice to come, at the runs, and at how fresh the sources of usage are."""
    chain.call("api_usage", route_event(SHOW_USAGE, "metering", query={"period": period}, account=account))
    asked = json.dumps({"account": account, "period": period})
    chain.call("api_contracts", route_event("POST /v1/invoices:preview", "metering", body=asked))
    chain.call("api_operations", route_event("GET /v1/runs", "ana", query={"legal_entity": entity}))
    chain.call("api_operations", route_event("GET /v1/integrations", "ana", query={"sources": "true"}))


def verify_trail(chain: Decided, entity: str) -> None:
    """Verify the audit trail of the days in which master data came and months were billed, and their anchors."""
    for first, last in (("2013-01-01", "2013-02-28"), ("2013-03-01", "2013-04-10")):
        days = {"first": first, "last": last}
        chain.call(
            "api_operations", route_event("GET /v1/audit/{legal_entity}", "ana", query=days, legal_entity=entity)
        )
