"""Reading the annex of a document as Parquet, as it was sent: it is not made anew, as another DuckDB may write it."""

from billproof.invoicing.delivery import Delivery
from billproof.invoicing.documents import read_file
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.model import Released
from billproof.invoicing.register import Register
from billproof.ports import Objects


def read_parquet(released: Released, *, register: Register, objects: Objects) -> bytes | None:
    """Return the annex of a document as Parquet, as it was sent; None where it has none.

    Raises ObjectUnreadable where what was delivered is gone, or is another one.
    """
    known = register.fact(released.invoice, DELIVERED)
    delivery = Delivery.model_validate(known) if known is not None else None
    if delivery is None or delivery.parquet_key is None:
        return None
    return read_file(objects, delivery.parquet_key, delivery.parquet_digest)
