"""Dead letters of every queue, over moto: looked at, and sent back, by a person."""

from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.settings import Settings
from tests.support.expanded import of_type

if TYPE_CHECKING:
    from tests.support.aws_chain import Chain


def redrive(chain: "Chain") -> None:
    """Let a message of each queue be dead, look at it and send it back."""
    settings: Settings = chain.ports("redrive_letters").settings
    assert {f"{pair.queue.rsplit('/', 1)[-1]}" for pair in settings.queue_pairs.values()} == {
        name for name in of_type("AWS::SQS::Queue") if name.endswith("Queue")
    }
    for queue, pair in settings.queue_pairs.items():
        client("sqs").send_message(QueueUrl=pair.dead, MessageBody="{}")
        shown = chain.ask("redrive_letters", {"dry_run": True}, "ana", queue=queue)
        assert shown["letters"], shown  # what the chain gave up is among them
        sent = chain.ask("redrive_letters", {"dry_run": False}, "ana", queue=queue)["sent_back"]
        assert sent == len(shown["letters"])
