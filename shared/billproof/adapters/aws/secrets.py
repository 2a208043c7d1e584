"""Keys in Secrets Manager."""

from typing import Any

from billproof.adapters.aws.faults import outside


def read_secret(client: Any, arn: str) -> str:
    """Return the text of a secret; raises ExternalServiceUnavailable."""
    with outside("secretsmanager"):
        return str(client.get_secret_value(SecretId=arn)["SecretString"])
