"""Master data: accounts, legal entities, meters and exchange rates, all of them versioned."""
