"""Revenue-assurance controls: pure checks that find what would leak, and say what it is worth and who mends it."""
