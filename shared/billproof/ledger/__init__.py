"""Journal entries of documents; every entry balances."""
