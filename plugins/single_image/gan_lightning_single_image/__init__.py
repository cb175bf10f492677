"""GANs of one image: SinGAN and its concurrent kin."""
