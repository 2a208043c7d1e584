"""The leak lab: usage billed clean, leaks of known dollars, and how many of them billproof finds."""
