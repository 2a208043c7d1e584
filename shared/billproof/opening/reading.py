"""The opening that is in effect for a legal entity."""

from billproof.invoicing.openings import OpeningInEffect, read_opening
from billproof.opening.model import Opening
from billproof.ports import Objects


def stored_opening(fact: OpeningInEffect, objects: Objects) -> Opening:
    """Return the document of an opening that is in effect; raises ImmutableDocument and NotFound."""
    return Opening.model_validate_json(read_opening(objects, fact.document, fact.digest))
