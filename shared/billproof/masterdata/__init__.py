"""Master data: who is billed by whom, what is measured, at which exchange rates; versioned, found again."""
