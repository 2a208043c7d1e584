"""What lies beside the chains and no record speaks of: verification names it, or says what it cannot tell."""

from billproof.audit.findings import AuditFindingKind
from billproof.audit.keys import key_place
from billproof.audit.verifying import verify
from billproof.invoicing.archive import archived_file, archived_record
from tests.support.tampered_store import UA, heads
from tests.support.tampering import ALTERATIONS, tampered_with
from tests.support.verifying import audited, verified


def test_a_key_that_no_digest_is_under_is_told_and_is_no_finding_since_its_writer_may_have_died() -> None:
    world, _ = tampered_with()
    world.chain.keys.digest("GHOST", b"")
    verification = verified(world, heads=heads())
    assert (verification.findings, verification.untold) == (
        (),
        (f"audit {key_place('GHOST').partition} key: no record has a digest under it",),
    )


def test_an_archived_file_that_no_delivery_names_is_told_and_its_record_is_known_by_the_release() -> None:
    world, _ = tampered_with()
    released = world.register.released(UA)
    assert released is not None
    pdf = archived_file(released, "PDF", f"{released.number}.pdf", "0" * 64)
    world.archive.items |= {archived_record(released).key: b"", pdf.key: b""}
    verification = verified(world, heads=heads())
    assert verification.findings == ()
    assert verification.untold == (f"anchors {pdf.key}: no delivery names it",)


def test_an_anchor_from_before_anchors_had_records_is_compared_with_the_chains_and_is_no_finding() -> None:
    world, _ = tampered_with()
    first, *_ = sorted(world.anchors.items)
    for later in [name for name in world.anchors.items if name != first]:
        del world.anchors.items[later]
    for key, block in world.audit.items.items():
        entries = [entry for entry in block.get("entries", ()) if entry["place"] != [first]]
        if len(entries) != len(block.get("entries", ())):
            world.audit.items[key] = {**block, "entries": entries}
    wheres = {finding.where for finding in verified(world).findings if finding.kind == AuditFindingKind.UNRECORDED}
    assert wheres == set()


def test_what_lies_beside_is_found_in_parts_as_in_one() -> None:
    beside = [name for name, alter in ALTERATIONS.items() if alter.__module__.endswith("tampered_beside")]
    world, _ = tampered_with(*beside)
    whole, parts = verify(audited(world)), verify(audited(world), blocks_at_once=20)
    assert len(whole.findings) > 100
    assert sorted(parts.findings, key=str) == sorted(whole.findings, key=str)
    assert sorted(parts.untold) == sorted(whole.untold)


def test_a_window_looks_up_what_was_recorded_and_nothing_beside_it() -> None:
    world, _ = tampered_with("something_else_in_the_audit_table", "an_object_added_in_every_folder")
    assert verify(audited(world), since="2013-01-01T00:00:00.000000Z").findings == ()
