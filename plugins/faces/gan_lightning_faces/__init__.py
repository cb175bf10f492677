"""Face swap for gan-lightning."""
