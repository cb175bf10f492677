"""Recent GANs for gan-lightning."""
