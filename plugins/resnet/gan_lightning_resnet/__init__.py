"""Residual GANs for gan-lightning."""
