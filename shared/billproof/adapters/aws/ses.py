"""Outgoing mail through SES, and what SES tells of it afterwards over EventBridge."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from billproof.adapters.aws.faults import error_code, outside
from billproof.errors import MailRefused, Unreadable
from billproof.invoicing.delivery_events import DeliveryProblem, ProblemKind
from billproof.invoicing.mails import INVOICE_HEADER, REMINDER_HEADER
from billproof.model import what_is_wrong

_REFUSED = {"MessageRejected", "InvalidParameterValue"}
_FOR_GOOD = "Permanent"
"""The type of a bounce after which the address is not written to again."""
_KINDS = {
    "Bounce": ProblemKind.BOUNCED,
    "Complaint": ProblemKind.COMPLAINED,
    "Reject": ProblemKind.REJECTED,
    "DeliveryDelay": ProblemKind.DELAYED,
}


class SesMailer:
    """Raw messages, so that we write every header ourselves."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, *, to: str, message: bytes, copies: Sequence[str] = ()) -> None:
        """Hand a whole RFC 5322 message over; raises MailRefused where SES will never take it."""
        with outside("ses"):
            try:
                self._client.send_raw_email(Destinations=[to, *copies], RawMessage={"Data": message})
            except ClientError as error:
                if error_code(error) not in _REFUSED:
                    raise
                said = f"SES refused the mail: {error_code(error)}"
                raise MailRefused(said) from None


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Header(_Lenient):
    name: str
    value: str


class _Mail(_Lenient):
    message_id: str = Field(alias="messageId")
    headers: tuple[_Header, ...] = ()
    destination: tuple[str, ...] = ()


class _Recipient(_Lenient):
    address: str = Field(alias="emailAddress")


class _Bounce(_Lenient):
    kind: str = Field(alias="bounceType")
    detail: str = Field(alias="bounceSubType")
    recipients: tuple[_Recipient, ...] = Field(default=(), alias="bouncedRecipients")


class _Complaint(_Lenient):
    kind: str | None = Field(default=None, alias="complaintFeedbackType")
    recipients: tuple[_Recipient, ...] = Field(default=(), alias="complainedRecipients")


class _Reject(_Lenient):
    reason: str


class _Delay(_Lenient):
    kind: str = Field(alias="delayType")


class _Detail(_Lenient):
    event_type: str = Field(alias="eventType")
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    reject: _Reject | None = None
    delay: _Delay | None = Field(default=None, alias="deliveryDelay")


class _Event(_Lenient):
    id: str
    time: str
    detail: _Detail

    @field_validator("time")
    @classmethod
    def _is_an_instant(cls, value: str) -> str:
        try:
            is_instant = datetime.fromisoformat(value).tzinfo is not None
        except ValueError:  # which says the text itself
            is_instant = False
        if not is_instant:
            message = "it is no time with a time zone"
            raise ValueError(message)
        return value


def read_ses_event(body: str) -> DeliveryProblem:
    """Read an event of SES as EventBridge sends it; raises Unreadable where it is none that we asked for."""
    try:
        event = _Event.model_validate_json(body)
    except ValidationError as error:
        message = f"not an event of SES: {what_is_wrong(error)}"
        raise Unreadable(message) from None
    detail = event.detail
    if detail.event_type not in _KINDS:
        message = f"nobody asked for events of SES of this type: {', '.join(_KINDS)} are taken"
        raise Unreadable(message)
    headers = {header.name.lower(): header.value for header in reversed(detail.mail.headers)}
    return DeliveryProblem(
        kind=_KINDS[detail.event_type],
        invoice=headers.get(INVOICE_HEADER.lower()),
        is_reminder=REMINDER_HEADER.lower() in headers,
        mail=detail.mail.message_id,
        happened_at=event.time,
        reason=_reason(detail),
        recipients=_recipients(detail),
        failed=_recipients(detail) if _is_for_good(detail) else (),
    )


def _recipients(detail: _Detail) -> tuple[str, ...]:
    """Return who an event is about: of a mail that SES rejects all that it was to."""
    about = detail.bounce or detail.complaint
    if about is not None:
        return tuple(recipient.address for recipient in about.recipients)
    return detail.mail.destination if detail.reject is not None else ()


def _is_for_good(detail: _Detail) -> bool:
    """Say whether who an event is about is not written to again: what bounced for now may arrive another time."""
    return detail.complaint is not None or (detail.bounce is not None and detail.bounce.kind == _FOR_GOOD)


def _reason(detail: _Detail) -> str:
    if detail.bounce is not None:
        return f"{detail.bounce.kind}, {detail.bounce.detail}"
    if detail.complaint is not None:
        return detail.complaint.kind or "marked as unwanted"
    if detail.delay is not None:
        return detail.delay.kind
    return detail.reject.reason if detail.reject is not None else "no reason given"
