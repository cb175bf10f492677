"""Train any member of the GAN family tree from one recipe."""
