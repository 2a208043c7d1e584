"""Process intelligence: how long invoices take, how many need a person, and why; by the formulas of docs/metrics.md."""
