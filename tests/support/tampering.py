"""Every alteration, by the name of the function that makes it."""

from tests.support import tampered_beside, tampered_chains, tampered_facts, tampered_objects
from tests.support.tampered_store import ALTERATIONS, not_named, tampered_with

MODULES = (tampered_objects, tampered_facts, tampered_chains, tampered_beside)
"""Those that fill ALTERATIONS."""

__all__ = ["ALTERATIONS", "not_named", "tampered_with"]
