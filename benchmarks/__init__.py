"""Timings. They are run by hand, each with one command, and never asserted in a test."""
