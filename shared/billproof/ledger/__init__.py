"""The accounting of documents: journal entries that balance."""
