"""AWS clients, made on first use and kept for the life of the process. AWS_ENDPOINT_URL chooses another endpoint.

They come from botocore: boto3 adds resources and file transfers, which nothing here uses, and a fifth to a cold start.
"""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=5,
    max_pool_connections=16,
    s3={"addressing_style": "path"},
)


@cache
def session() -> Session:
    """Return the session that every client is made of."""
    return get_session()


@cache
def client(service: str, *, answer_seconds: int = 30) -> Any:
    """Return the client of a service; it waits so long for an answer before it asks again."""
    return session().create_client(service, config=_CONFIG.merge(Config(read_timeout=answer_seconds)))
