"""Games for gan-lightning that make images from images."""
