"""boto3 clients, made on first use and kept for the life of the process. AWS_ENDPOINT_URL chooses another endpoint."""

from functools import cache
from typing import Any, cast

import boto3
from botocore.config import Config

_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=16,
    s3={"addressing_style": "path"},
)


@cache
def client(service: str) -> Any:
    """Return the client of a service."""
    return cast("Any", boto3).client(service, config=_CONFIG)
