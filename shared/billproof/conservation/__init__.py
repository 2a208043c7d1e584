"""The conservation statement: every event and amount is accounted for exactly once."""
