"""A client for Billproof's usage API: it batches events, sends them again where it must, and loses none.

    with UsageClient("https://.../", authorize=bearer(token)) as usage:
        usage.send({"specversion": "1.0", "id": "41", ...})

It needs nothing but the standard library; to sign with AWS credentials it uses botocore, where that is installed.
"""

from billproof_client.authorizing import Authorize, bearer, signed
from billproof_client.client import Refusal, Undelivered, UsageClient

__all__ = ["Authorize", "Refusal", "Undelivered", "UsageClient", "bearer", "signed"]
