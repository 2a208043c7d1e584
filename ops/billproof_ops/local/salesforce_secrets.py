"""The secret of the local stack for the demo's Salesforce, of which there is only a stand-in: made up."""

import json
from collections.abc import Mapping

from billproof.adapters.aws.clients import client
from billproof_ops.local.stripe_secrets import NOWHERE, ensured

_SECRET = "billproof-local-salesforce"  # noqa: S105 - its name


def parameters() -> dict[str, str]:
    """Return the parameter that names the secret, which is stored where the emulator does not have it."""
    return {"SalesforceSecretArn": ensured(_SECRET, _access(NOWHERE))}


def is_played(outputs: Mapping[str, str]) -> bool:
    """Say whether the Salesforce of a stack is the one that only the demo plays."""
    return f":{_SECRET}" in outputs.get("SalesforceSecretArn", "")


def stand_in() -> str:
    """Return the address of the last stand-in, or nothing."""
    value = client("secretsmanager").get_secret_value(SecretId=_SECRET)["SecretString"]
    return str(json.loads(value)["address"])


def set_stand_in(address: str) -> None:
    """Say where the stand-in is."""
    client("secretsmanager").put_secret_value(SecretId=_SECRET, SecretString=_access(address))


def _access(address: str) -> str:
    return json.dumps({"address": address, "client_id": "demo", "client_secret": "of-the-demo"})
