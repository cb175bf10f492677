"""What happens beside the training step: samples, scores, checkpoints, progress."""
