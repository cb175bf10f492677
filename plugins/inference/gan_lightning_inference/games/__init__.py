"""Games in which an encoder is trained."""
