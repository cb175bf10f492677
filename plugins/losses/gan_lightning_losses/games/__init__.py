"""Two-player games in which a turn sees more than samples and their critiques."""
