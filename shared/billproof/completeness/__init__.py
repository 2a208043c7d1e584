"""Whether everything arrived that was sent: control totals, and sources that fell silent."""
