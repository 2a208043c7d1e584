"""Opening balances: what a running business brings along when it begins to bill with billproof."""
