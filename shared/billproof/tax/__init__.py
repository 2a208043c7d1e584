"""What tax is due, by versioned rules with sources, and why."""
