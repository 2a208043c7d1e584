"""The page of a document, as a customer opens it: HTML without scripts."""
