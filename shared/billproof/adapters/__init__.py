"""Everything that talks to something else, each behind a port."""
