"""Real samples: decoding, caching, and the order in which they are drawn."""
