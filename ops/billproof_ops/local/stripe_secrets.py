"""The secrets of the local stack for the demo's gateway at Stripe, of which there is only a stand-in: made up."""

import json
from collections.abc import Mapping

from billproof.adapters.aws.clients import client
from billproof.adapters.stripe.secrets import ADDRESS

ENTITY, GATEWAY = "skymeter-inc", "stripe"
SIGNING_SECRET = "whsec_of_the_demo"  # noqa: S105 - signs what nobody but the demo sends
_KEYS = {GATEWAY: "rk_test_of_the_demo"}
NOWHERE = "http://127.0.0.1:9"
"""Where nobody answers: what is asked before the demo plays a stand-in never goes to Stripe or Salesforce itself."""
_PAYMENTS, _WEBHOOKS = "billproof-local-stripe-payments", "billproof-local-stripe-webhooks"


def parameters() -> dict[str, str]:
    """Return the parameters that name the secrets, which are stored where the emulator does not have them."""
    return {
        "StripePaymentsSecretArn": ensured(_PAYMENTS, json.dumps({ENTITY: _KEYS | {f"{GATEWAY}{ADDRESS}": NOWHERE}})),
        "StripeWebhooksSecretArn": ensured(_WEBHOOKS, json.dumps({ENTITY: {GATEWAY: SIGNING_SECRET}})),
    }


def is_played(outputs: Mapping[str, str]) -> bool:
    """Say whether the gateway of a stack is the one that only the demo plays."""
    return f":{_PAYMENTS}" in outputs.get("StripePaymentsSecretArn", "")


def stand_in() -> str:
    """Return the address of the last stand-in, or nothing: a function that is warm may still call it there."""
    value = client("secretsmanager").get_secret_value(SecretId=_PAYMENTS)["SecretString"]
    return str(json.loads(value)[ENTITY].get(f"{GATEWAY}{ADDRESS}", ""))


def set_stand_in(address: str) -> None:
    """Say where the stand-in is."""
    secret = json.dumps({ENTITY: {**_KEYS, f"{GATEWAY}{ADDRESS}": address}})
    client("secretsmanager").put_secret_value(SecretId=_PAYMENTS, SecretString=secret)


def ensured(name: str, value: str) -> str:
    """Return the ARN of a secret; where the emulator does not have it, it is stored first."""
    secrets = client("secretsmanager")
    try:
        return str(secrets.describe_secret(SecretId=name)["ARN"])
    except secrets.exceptions.ResourceNotFoundException:
        return str(secrets.create_secret(Name=name, SecretString=value)["ARN"])
