"""Revenue-assurance controls: pure checks that name the amount at risk and the team responsible."""
