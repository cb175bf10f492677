"""What this distribution provides; torch is imported when a component is first used."""

from gan_lightning.hookspecs import hookimpl


@hookimpl
def losses() -> dict[str, str]:
    """Adversarial losses."""
    return {
        "hinge": "gan_lightning_losses.hinge:Hinge",
        "non_saturating": "gan_lightning_losses.non_saturating:NonSaturating",
        "wasserstein": "gan_lightning_losses.wasserstein:Wasserstein",
    }


@hookimpl
def penalties() -> dict[str, str]:
    """Gradient penalties."""
    return {
        "gradient_penalty": "gan_lightning_losses.gradient_penalty:GradientPenalty",
        "r1": "gan_lightning_losses.r1:R1",
    }


@hookimpl
def augmentations() -> dict[str, str]:
    """Differentiable transforms of what the discriminator sees."""
    return {"diffaugment": "gan_lightning_losses.diffaugment:DiffAugment"}
