"""Adversarial losses: what discriminator and generator pay for critiques."""
