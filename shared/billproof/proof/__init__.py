"""Proofs: compute a run or an invoice again from the usage log and the contracts, and compare."""
