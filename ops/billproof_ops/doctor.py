"""What is wrong with a set-up: each check looks at one thing and says what it is, and what to do about it.

A check that cannot look is itself a finding: no trouble of one hides what another one sees.
"""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from billproof.adapters.aws.clients import client
from billproof.errors import BillproofError
from billproof_ops import dead_letters, disks
from billproof_ops import target as targets
from billproof_ops.errors import OpsError
from billproof_ops.local import salesforce_secrets, stripe_secrets
from billproof_ops.model import Shown
from billproof_ops.printing import to_be_corrected
from billproof_ops.target import Target

LIBRARIES = ("boto3", "pydantic", "duckdb", "msgspec")
MOST_CLOCK_SKEW_SECONDS = 60
LEAST_DECIDERS = 2
FEW_MAILS_LEFT = Decimal("0.8")
"""From which share of the mails that SES sends in a day on it is said."""
NO_MASTER_DATA = "billproof init writes files to start from, billproof publish sends them"


class Health(StrEnum):
    """How something is."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


class Checked(Shown):
    """What was looked at, how it is, and what to do about it."""

    what: str
    health: Health
    said: str
    remedy: str = ""


Check = Callable[[Target], Iterator[Checked]]


def examine() -> list[Checked]:
    """Look at everything; without a stack only at what needs none."""
    checks = [_versions()]
    try:
        targets.choose()
        checks += list(_endpoint())
        target = Target.find()
    except (OpsError, ClientError, BotoCoreError, ResponseParserError) as error:
        remedy = "billproof local up, or AWS_ENDPOINT_URL, or BILLPROOF_STACK with your AWS credentials"
        said = (to_be_corrected(error) or ("",))[0]
        return [*checks, Checked(what="stack", health=Health.BAD, said=said, remedy=remedy)]
    for name, check in CHECKS.items():
        checks += _inside_a_net(name, check, target)
    return checks


def _inside_a_net(name: str, check: Check, target: Target) -> list[Checked]:
    try:
        return list(check(target)) or [Checked(what=name, health=Health.GOOD, said="as it should be")]
    except Exception as error:  # noqa: BLE001 - whatever a check raises is what is wrong
        said = f"could not be looked at: {type(error).__name__}: {error}"
        return [Checked(what=name, health=Health.BAD, said=said, remedy="solve this first, then look again")]


def _versions() -> Checked:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    right = sys.version_info[:2] == (3, 13)
    said = f"Python {platform.python_version()}, {libraries}"
    remedy = "" if right else "the functions run on Python 3.13: make setup with that one"
    return Checked(what="versions", health=Health.GOOD if right else Health.BAD, said=said, remedy=remedy)


def _endpoint() -> Iterator[Checked]:
    answer = client("sts").get_caller_identity()
    where = os.environ.get("AWS_ENDPOINT_URL") or "AWS"
    yield Checked(what="endpoint", health=Health.GOOD, said=f"{where} answers, you are {answer['Arn']}")
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    if date:
        theirs = datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
        skew = abs((datetime.now(UTC) - theirs).total_seconds())
        if skew > MOST_CLOCK_SKEW_SECONDS:
            said = f"this clock and that of the endpoint differ by {skew:.0f} seconds"
            yield Checked(
                what="clock", health=Health.BAD, said=said, remedy="set the clock: signatures will be refused"
            )


def _outputs(target: Target) -> Iterator[Checked]:
    missing = sorted({*targets.SETTINGS.values()} - target.outputs.keys() - targets.OPTIONAL)
    if missing:
        said = f"the stack has no {', '.join(missing)}"
        yield Checked(what="outputs", health=Health.BAD, said=said, remedy="deploy this version's template again")


def _stores(target: Target) -> Iterator[Checked]:
    for output, name in sorted(target.outputs.items()):
        try:
            if output.endswith("TableName"):
                client("dynamodb").describe_table(TableName=name)
            elif output.endswith("BucketName"):
                client("s3").head_bucket(Bucket=name)
            elif output.endswith("QueueUrl"):
                client("sqs").get_queue_attributes(QueueUrl=name, AttributeNames=["QueueArn"])
        except ClientError as error:
            said = f"{output} {name}: {error.response['Error'].get('Message') or error}"
            remedy = "deploy the stack again; what was in it comes from a backup"
            yield Checked(what="stores", health=Health.BAD, said=said, remedy=remedy)


def _consumers(target: Target) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each function of the stack that takes messages of a queue, with how it does."""
    names = {name for output, name in target.outputs.items() if output.endswith("Name")}
    pages = client("lambda").get_paginator("list_event_source_mappings").paginate()
    for mapping in (mapping for page in pages for mapping in page["EventSourceMappings"]):
        function = mapping["FunctionArn"].rsplit(":", 1)[-1]
        if function in names:
            yield function, mapping


def _mappings(target: Target) -> Iterator[Checked]:
    """Look for a queue whose consumer is switched off: it only fills."""
    for function, mapping in _consumers(target):
        if mapping["State"] not in {"Enabled", "Enabling", "Creating", "Updating"}:
            said = f"{function} takes nothing from its queue: the mapping {mapping['UUID']} is {mapping['State']}"
            remedy = f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
            yield Checked(what="consumers", health=Health.BAD, said=said, remedy=remedy)


_PLAYED = {"stripe": stripe_secrets.is_played, "salesforce": salesforce_secrets.is_played}
"""Counterparts that only the demo plays on the local stack."""


def _counterparts(target: Target) -> Iterator[Checked]:
    """Ask each ERP, tax engine, gateway and CRM that is set up whether it answers."""
    ports = target.ports
    for name, probe in ports.probes.items():
        breaker = ports.breakers.get(name)
        paused = f"; its breaker is open since {breaker.tripped_at}" if breaker is not None and breaker.is_open else ""
        try:
            probe()
        except BillproofError as error:
            if name in _PLAYED and _PLAYED[name](target.outputs):
                yield Checked(what=name, health=Health.GOOD, said="does not answer: only the demo plays it here")
                continue
            remedy = "see docs/runbooks/breakers-open.md"
            yield Checked(what=name, health=Health.BAD, said=f"does not answer: {error}{paused}", remedy=remedy)
        else:
            health = Health.DOUBTFUL if paused else Health.GOOD
            yield Checked(what=name, health=health, said=f"answers{paused}")


def _master_data(target: Target) -> Iterator[Checked]:
    directory = target.ports.directory
    entities = directory.legal_entities()
    if not entities or not directory.meters():
        said = f"{len(entities)} legal entities, {len(directory.meters())} meters"
        yield Checked(
            what="master data",
            health=Health.DOUBTFUL,
            said=said,
            remedy=NO_MASTER_DATA,
        )
    for entity in entities:
        if next(iter(directory.members(entity.id)), None) is None:
            said = f"{entity.id} bills no account"
            yield Checked(what="master data", health=Health.DOUBTFUL, said=said, remedy="publish its accounts")


def _policies(target: Target) -> Iterator[Checked]:
    now = target.ports.now()
    for entity in target.ports.directory.legal_entities():
        policy = target.ports.directory.policy(entity.id)
        deciders = policy.without_limits(other_than="")
        if not target.ports.policies.history(entity.id).knows_identities(now):
            said = f"nobody may decide anything of {entity.id}: no policy with identities is in force"
            remedy = "billproof policy publish, and somebody else: billproof policy confirm"
            yield Checked(what="policies", health=Health.BAD, said=said, remedy=remedy)
        elif len(deciders) < LEAST_DECIDERS:
            names = ", ".join(person.id for person in deciders) or "nobody"
            said = f"of {entity.id} only {names} may decide without limit: what they ask for themselves waits for ever"
            yield Checked(what="policies", health=Health.DOUBTFUL, said=said, remedy="give a second person such a role")


def _queues(target: Target) -> Iterator[Checked]:
    for queue in dead_letters.depths(target):
        if queue.dead_letters:
            said = f"{queue.queue} has {queue.dead_letters:,} dead letters"
            yield Checked(what="dead letters", health=Health.BAD, said=said, remedy=f"billproof dlq peek {queue.queue}")


def _mail(target: Target) -> Iterator[Checked]:
    environment = client("lambda").get_function_configuration(FunctionName=target.outputs["DeliverInvoiceName"])
    sender = environment.get("Environment", {}).get("Variables", {}).get("SENDER_ADDRESS", "")
    if not sender:
        said = "no invoice is mailed: the stack has no SenderAddress"
        yield Checked(what="mail", health=Health.DOUBTFUL, said=said, remedy="deploy with SenderAddress")
        return
    known = client("ses").get_identity_verification_attributes(Identities=[sender, sender.rsplit("@", 1)[-1]])
    states = [state.get("VerificationStatus") for state in known["VerificationAttributes"].values()]
    if "Success" not in states:
        said = f"SES has not verified {sender}: every mail will be refused"
        yield Checked(what="mail", health=Health.BAD, said=said, remedy="verify the address or its domain in SES")


def _limits(target: Target) -> Iterator[Checked]:
    """Look at the limits of AWS that billing meets first: functions at once, and mails in a day."""
    at_once = sum(
        int(mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 0)) for _, mapping in _consumers(target)
    )
    free = client("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    if at_once > free:
        said = f"the queues call up to {at_once} functions at once, and the account takes {free} that are not reserved"
        remedy = "have AWS raise Lambda's concurrent executions, or deploy with a smaller QueueConcurrency"
        yield Checked(what="limits", health=Health.DOUBTFUL, said=said, remedy=remedy)
    quota = client("ses").get_send_quota()
    sent, most = int(quota["SentLast24Hours"]), int(quota["Max24HourSend"])
    if most >= 0 and sent >= most * FEW_MAILS_LEFT:  # -1 is no limit
        health = Health.BAD if sent >= most else Health.DOUBTFUL
        said = f"SES has sent {sent:,} mails in a day, and sends {most:,} at most"
        yield Checked(what="limits", health=health, said=said, remedy="have AWS raise the sending quota of SES")


def _disk(_target: Target) -> Iterator[Checked]:
    """Look at the disk that this machine's embedded AWS saves its books on: without room they are in memory only."""
    if how := disks.trouble(least_bytes=disks.TO_SAVE_BYTES):
        said = f"{how}: what the embedded AWS holds is not saved"
        yield Checked(what="disk", health=Health.BAD, said=said, remedy="make room before it is stopped")


CHECKS: dict[str, Check] = {
    "disk": _disk,
    "outputs": _outputs,
    "stores": _stores,
    "consumers": _mappings,
    "counterparts": _counterparts,
    "master data": _master_data,
    "policies": _policies,
    "dead letters": _queues,
    "mail": _mail,
    "limits": _limits,
}
