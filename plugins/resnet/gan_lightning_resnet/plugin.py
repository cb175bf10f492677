"""What this family offers."""

from __future__ import annotations

from gan_lightning.hookspecs import hookimpl


@hookimpl
def architectures() -> dict[str, str]:
    """Residual networks."""
    return {
        "autogan": "gan_lightning_resnet.autogan:AutoGAN",
        "biggan": "gan_lightning_resnet.biggan:BigGAN",
        "biggan_deep": "gan_lightning_resnet.biggan_deep:BigGANDeep",
        "sagan": "gan_lightning_resnet.sagan:SAGAN",
        "sngan": "gan_lightning_resnet.sngan:SNGAN",
        "sngan_cnn": "gan_lightning_resnet.sngan_cnn:SNGAN_CNN",
        "wgan_gp": "gan_lightning_resnet.wgan_gp:WGAN_GP",
        "ylg": "gan_lightning_resnet.ylg:YLG",
    }


@hookimpl
def datasets() -> dict[str, str]:
    """Data whose labels are not all right."""
    return {"noisy_labels": "gan_lightning_resnet.noisy_labels:NoisyLabels"}


@hookimpl
def games() -> dict[str, str]:
    """A game for such data."""
    return {"label_noise": "gan_lightning_resnet.rgan:LabelNoiseGame"}


@hookimpl
def penalties() -> dict[str, str]:
    """Terms of systems that are played with these networks."""
    return {
        "last_layer_decay": "gan_lightning_resnet.last_layer_decay:LastLayerDecay",
        "robust_classifier": "gan_lightning_resnet.rgan:RobustClassifier",
    }
