"""Every cause: importing this module registers those of all the others."""

from lab.injectors import blind, books, cash, contracts, decisions, taxes, usage, usage_again
from lab.scene import CAUSES

MODULES = (blind, usage, usage_again, contracts, taxes, books, cash, decisions)

__all__ = ["CAUSES", "MODULES"]
