"""Check whether all usage arrived: control totals, and sources that stopped sending."""
