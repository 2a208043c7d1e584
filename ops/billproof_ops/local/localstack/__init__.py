"""LocalStack without Docker: the second emulator that the template and the functions are judged by."""
