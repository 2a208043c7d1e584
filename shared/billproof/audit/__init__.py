"""The audit chain: an append-only log of every fact and object that is stored, hash-chained and anchored every day."""
