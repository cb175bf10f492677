"""Transforms of all that the discriminator sees."""
