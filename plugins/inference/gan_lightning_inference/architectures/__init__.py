"""The networks of GANs with an encoder."""
