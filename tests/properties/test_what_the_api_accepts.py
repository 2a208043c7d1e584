"""What the usage API accepts, ingestion takes; what it refuses for what it says, ingestion quarantines for the same."""

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.access.scopes import Client, Scope
from billproof.usage import log
from billproof.usage.ingestion import Acceptance, Message, ingest_usage
from billproof_ops.local.people import local_identity
from tests.support.api_events import route_event
from tests.support.fakes import MemoryObjects
from tests.support.invoking import Context, handler
from tests.support.world import EUROPE, INC, World, flight

NAME = "sender"
SQS_TAKES = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
MOST_MESSAGE_BYTES = 262_144

texts = st.text(st.sampled_from('aé"\\\x7f\x85\u2028\ud800\ufffe\uffff\U0001f600\n\x00'), max_size=5)
times = st.sampled_from(
    [
        "2013-01-05T12:00:00Z",
        "2013-01-05t12:00:00.123456789-05:00",
        "2012-12-31T23:59:60Z",
        "2013-01-05T12:00:00",
        "2013-01-05T12:00:60Z",
        "2013-02-30T12:00:00Z",
        "2031-01-01T00:00:00Z",
        "1999-01-01T00:00:00+23:59",
    ]
)
numbers = st.sampled_from(["1", "1.50", "0.1" + "0" * 40, "-1", "1e3", "NaN", "1" * 30, "0." + "1" * 16, "", "01"])
scalars = st.one_of(texts, numbers, st.integers(), st.booleans(), st.none(), st.floats())
values = st.one_of(scalars, st.lists(scalars, max_size=2), st.dictionaries(texts, scalars, max_size=2))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "specversion": values,
    "id": st.one_of(texts, values),
    "source": texts,
    "type": st.sampled_from(["flight.cancelled", "nothing.known", "billproof.control-total"]),
    "subject": st.one_of(values, st.just("DL")),
    "time": st.one_of(times, values),
    "corrects": st.one_of(texts, st.none()),
    "retracts": st.one_of(texts, st.none()),
    "unread": values,
}
changes = st.sampled_from(sorted(FIELDS)).flatmap(lambda name: FIELDS[name].map(lambda value: {name: value}))
properties = st.dictionaries(
    st.one_of(texts, st.sampled_from(["distance", "count", "sum"])), st.one_of(numbers, values)
)


@st.composite
def raw_events(draw: st.DrawFn) -> str:
    """Draw the text of an event with one or two things that are odd of it, escaped or not, or of something else."""
    event = flight(draw(st.integers(1, 3)))
    if draw(st.booleans()):
        event |= draw(changes)
    else:
        event["data"] |= draw(properties)
    text = json.dumps(event, ensure_ascii=draw(st.booleans()))
    end = draw(st.sampled_from(["", "", "", f',"time":"{event["time"]}"}}', "]", " ", "\r"]))
    return f"{text[:-1]}{end}" if end.startswith(",") else f"{text}{end}"


def world_of_one_client() -> World:
    world = World(accounts={"UA", "DL"})
    policy = world.directory.policy(INC)
    sender = Client(id=NAME, identities=(local_identity(NAME),), scopes=tuple(Scope))
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": (sender,)}))
    world.adopt(world.directory.policy(EUROPE).model_copy(update={"version": 2}))
    world.call_limits.burst = 1_000_000
    return world


WORLD = world_of_one_client()


def send(body: str, content_type: str) -> list[dict[str, Any]]:
    event = route_event("POST /v1/usage-events", NAME, body=body, content_type=content_type)
    response = handler("api_usage")(event, Context(), WORLD)
    assert response["statusCode"] in {202, 422}, response["body"]
    answers: list[dict[str, Any]] = json.loads(response["body"]).get("events", [])
    return answers


def ingest(body: str) -> list[str]:
    """Return the reasons for which ingestion refuses events of a message, sent when the API was called."""
    objects = MemoryObjects()
    _, failed = ingest_usage(
        [Message(id="m", body=body, sent_at=WORLD.moment)],
        objects=objects,
        reference_data=WORLD.reference_data,
        buckets=WORLD.buckets(),
        acceptance=Acceptance(WORLD.settings.grace, WORLD.settings.most_age),
    )
    assert not failed
    days = {key.split("/")[1].removeprefix("day=") for key in objects.keys("quarantine/")}
    return [line.reason for day in days for line in log.read_quarantine(objects, day)]


OF_THE_CALLER = {"unknown_account", "source_not_allowed"}
"""What is refused for who sends it: ingestion does not know who does."""


@settings(max_examples=60, deadline=None)
@given(st.lists(raw_events(), min_size=1, max_size=3), st.sampled_from(["application/json", "application/x-ndjson"]))
def test_what_the_api_accepts_ingestion_takes_and_the_other_way_round(raws: list[str], content_type: str) -> None:
    WORLD.usage_events.bodies.clear()
    body = "\n".join(raws) if content_type.endswith("ndjson") else f"[{','.join(raws)}]"
    answers = send(body, content_type)
    accepted = sum(answer["state"] == "accepted" for answer in answers)
    assert len(answers) in {0, 1, len(raws)}
    queued = list(WORLD.usage_events.bodies)
    assert sum(len(json.loads(message)) for message in queued) == accepted
    for message in queued:
        assert SQS_TAKES.fullmatch(message)
        assert len(message.encode()) <= MOST_MESSAGE_BYTES
        assert ingest(message) == []
    if len(answers) == len(raws):
        for raw, answer in zip(raws, answers, strict=True):
            is_sent = SQS_TAKES.fullmatch(raw) is not None and answer["code"] not in OF_THE_CALLER
            assert not is_sent or answer["code"] is None or ingest(raw) == [answer["code"]]
