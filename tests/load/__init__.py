"""A month's end under load, on the embedded stack: `make load`."""
