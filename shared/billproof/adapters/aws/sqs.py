"""Sending to an SQS queue, up to ten messages and a megabyte a call."""

from collections.abc import Iterable
from typing import Any

from billproof.adapters.aws.faults import outside
from billproof.cutting import cut
from billproof.errors import ExternalServiceUnavailable, InvalidInput

MESSAGES_PER_CALL = 10
BYTES_PER_CALL = 1_000_000


class SqsQueue:
    """One queue."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, bodies: Iterable[str]) -> None:
        """Send all messages; raises ExternalServiceUnavailable where any was not taken.

        Raises InvalidInput where one never will be: it is too large, or holds what SQS refuses.
        """
        for chunk in cut(bodies, most=MESSAGES_PER_CALL, size_of=_size_of, most_size=BYTES_PER_CALL):
            entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(chunk)]
            with outside("sqs"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            refused = answer.get("Failed", [])
            if refused:
                message = f"{len(refused)} of {len(entries)} messages were not accepted"
                if any(entry.get("SenderFault") for entry in refused):
                    codes = ", ".join(sorted({str(entry.get("Code")) for entry in refused}))
                    raise InvalidInput(message, service="sqs", code=codes)
                message += f": {refused[0].get('Message')}"
                raise ExternalServiceUnavailable(message, service="sqs")


def deliver_at_once(client: Any, *, queue_arn: str, receipt_handle: str) -> None:
    """Let a queue deliver a message again without waiting for its time-out.

    Raises ExternalServiceUnavailable, and InvalidInput where the message is not in work any more.
    """
    account, name = queue_arn.rsplit(":", 2)[-2:]
    url = f"{client.meta.endpoint_url}/{account}/{name}"
    with outside("sqs"):
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt_handle, VisibilityTimeout=0)


def _size_of(body: str) -> int:
    return len(body.encode(errors="surrogatepass"))
