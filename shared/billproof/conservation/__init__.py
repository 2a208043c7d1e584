"""The conservation statement: everything that came in is in exactly one place, in events and in money."""
