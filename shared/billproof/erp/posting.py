"""The fact that an ERP holds a document."""

from enum import StrEnum

from billproof.erp.port import PostedDocument
from billproof.masterdata.parties import EMBEDDED_LEDGER
from billproof.model import Model
from billproof.money import Money


class PostingOutcome(StrEnum):
    """What became of a posting."""

    POSTED = "posted"
    ADOPTED = "adopted"
    ALREADY_POSTED = "already_posted"
    NOTHING_TO_POST = "nothing_to_post"


class Posting(Model):
    """The fact that the ERP holds the invoice, with what it confirmed.

    `content_digest` is of our own entry. Facts of before name no ERP and no document: they are of the embedded ledger.
    """

    external_reference: str
    content_digest: str
    outcome: PostingOutcome
    receivable: Money
    erp: str = EMBEDDED_LEDGER
    document: PostedDocument | None = None
