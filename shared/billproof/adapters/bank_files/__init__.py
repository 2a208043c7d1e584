"""Files of banks: statements as CAMT.053, CAMT.054, MT940, BAI2, and CSV by a declared format."""
