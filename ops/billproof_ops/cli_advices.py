"""`billproof payments import --advice`: what payers say that payments pay."""

from billproof_ops import advices, naming
from billproof_ops.printing import console, print_json
from billproof_ops.target import Target


def import_advices(name: str, *, advice: str, legal_entity: str, check: bool, as_json: bool) -> None:
    """Put a file of remittance advices where banks put theirs, and wait until it is taken in, or only check it."""
    target = Target.find()
    entity = "" if advices.is_in_bucket(name) else naming.legal_entity(target, legal_entity)
    read = advices.read_file(target, name, entity=entity, advice=advice)
    if not check:
        advices.import_file(target, read)
    if as_json:
        print_json([one.model_dump(mode="json") for one in read.advices])
        return
    for one in read.advices:
        console.print(f"{one.payment} of {one.paid_on}: {one.total} for {len(one.lines)} documents", soft_wrap=True)
