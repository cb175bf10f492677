"""Public building blocks for networks."""
