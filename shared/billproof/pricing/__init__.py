"""From quantities and terms to lines that explain themselves."""
