"""Two lists of projects held against each other: by key, then by likeness, and a difference that adds up exactly."""
