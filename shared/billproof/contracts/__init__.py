"""Who is billed by whom, for what: accounts, legal entities, meters and versioned contracts."""
