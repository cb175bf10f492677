"""The first GANs for gan-lightning."""
