"""What people run and Lambda never sees: the command, the local stack and the demo."""
