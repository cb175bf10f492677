"""Extra terms for one player or both, and rules that change a game without a term."""
