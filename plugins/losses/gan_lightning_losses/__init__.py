"""Adversarial losses, penalties and augmentations for gan-lightning."""
