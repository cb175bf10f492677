"""GANs with an encoder."""
