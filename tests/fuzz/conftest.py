"""The embedded AWS is that of the integration tests."""

from tests.support.deployed import billed, loaded, own_folder, stack

__all__ = ["billed", "loaded", "own_folder", "stack"]
