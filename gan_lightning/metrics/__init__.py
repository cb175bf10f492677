"""Scores, their extractors, and the protocol that every score carries."""
