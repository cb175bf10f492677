"""Progressive and style-based GANs for gan-lightning."""
