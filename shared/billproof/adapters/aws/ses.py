"""Outgoing mail through SES, and what SES tells of it afterwards over EventBridge."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from billproof.adapters.aws.faults import error_code, outside
from billproof.errors import MailRefused, Unreadable
from billproof.invoicing.delivery import INVOICE_HEADER
from billproof.invoicing.delivery_events import DeliveryProblem, ProblemKind
from billproof.model import what_is_wrong

_REFUSED = {"MessageRejected", "InvalidParameterValue"}
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


class _Bounce(_Lenient):
    kind: str = Field(alias="bounceType")
    detail: str = Field(alias="bounceSubType")


class _Complaint(_Lenient):
    kind: str | None = Field(default=None, alias="complaintFeedbackType")


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
    invoices = [header.value for header in detail.mail.headers if header.name.lower() == INVOICE_HEADER.lower()]
    return DeliveryProblem(
        kind=_KINDS[detail.event_type],
        invoice=invoices[0] if invoices else None,
        mail=detail.mail.message_id,
        happened_at=event.time,
        reason=_reason(detail),
    )


def _reason(detail: _Detail) -> str:
    if detail.bounce is not None:
        return f"{detail.bounce.kind}, {detail.bounce.detail}"
    if detail.complaint is not None:
        return detail.complaint.kind or "marked as unwanted"
    if detail.delay is not None:
        return detail.delay.kind
    return detail.reject.reason if detail.reject is not None else "no reason given"
