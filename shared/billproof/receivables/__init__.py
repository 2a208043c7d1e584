"""What customers owe on a day: by age, as a statement of account, and in figures of how well it is collected."""
