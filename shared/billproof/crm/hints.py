"""What the crm-events queue carries: hints that something changed. None of them says what: the order is read.

Salesforce, by EventBridge   a change event, or a platform event with the field OrderId__c
crm_hint                     records of a CRM, from a webhook, a person or a listing
crm_listing                  every order of a CRM is to be looked at: nightly, and where events were lost
"""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from billproof.crm.orders import Said
from billproof.errors import Unreadable
from billproof.model import Flag, Model, what_is_wrong
from billproof.names import Name

SALESFORCE = "salesforce"
PARTNER = "aws.partner/salesforce.com/"
OVERFLOW = "GAP_OVERFLOW"
WILDCARD = "*"
MOST_RECORDS = 1_000
RECORD_KINDS = frozenset({"Order", "OrderItem", "Contract"})
"""Kinds of records that tell of orders; what changes of others is nobody's contract."""


class CrmHint(Model):
    """Records of a CRM that changed. With `adopt` what they say becomes contracts; without, it is only compared.

    `event` is the identity of what caused it: in Salesforce the transaction's key and the number within it.
    """

    kind: Literal["crm_hint"] = "crm_hint"
    system: Name
    record_kind: Said
    records: Annotated[tuple[Said, ...], Field(min_length=1, max_length=MOST_RECORDS)]
    event: Said = ""
    adopt: Flag = True


class CrmListing(Model):
    """Every order of a CRM is to be looked at."""

    kind: Literal["crm_listing"] = "crm_listing"
    system: Name
    event: Said = ""
    adopt: Flag = False


CrmMessage = CrmHint | CrmListing
_MESSAGE: TypeAdapter[CrmMessage] = TypeAdapter(Annotated[CrmMessage, Field(discriminator="kind")])


def read_crm_message(body: str) -> CrmMessage:
    """Read one message of the queue; raises Unreadable."""
    try:
        document = json.loads(body)
        if isinstance(document, dict) and str(document.get("source", "")).startswith(PARTNER):
            return _of_salesforce(document)
        return _MESSAGE.validate_python(document)
    except ValidationError as error:
        message = f"not a message of a CRM: {what_is_wrong(error)}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"not a message of a CRM: {type(error).__name__}"
    raise Unreadable(message)


def _of_salesforce(envelope: dict[str, Any]) -> CrmMessage:
    payload = envelope["detail"]["payload"]
    header = payload.get("ChangeEventHeader")
    if header is None:
        event = f"{envelope['detail-type']}/{envelope['id']}"
        return CrmHint(system=SALESFORCE, record_kind="Order", records=(payload["OrderId__c"],), event=event)
    event = f"{header['transactionKey']}/{header['sequenceNumber']}"
    records = tuple(header["recordIds"])
    if header["changeType"] == OVERFLOW or any(record.endswith(WILDCARD) for record in records):
        return CrmListing(system=SALESFORCE, event=event, adopt=True)
    return CrmHint(system=SALESFORCE, record_kind=header["entityName"], records=records, event=event)
