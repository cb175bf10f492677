"""What can be done with a trained generator beside sampling: walks, projections, mixtures and directions."""
