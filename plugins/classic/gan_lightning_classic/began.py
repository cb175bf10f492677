"""The networks of BEGAN: a decoder that generates, and an autoencoder that judges by how well it reconstructs."""

from __future__ import annotations

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, doublings, with_labels
from gan_lightning.origin import Origin

BEGAN_PAPER = Origin(
    "Berthelot et al., BEGAN: Boundary Equilibrium Generative Adversarial Networks",
    2017,
    "1703.10717",
    descends_from=("gan",),
    cures=("image quality", "stability"),
)
_SMALLEST = range(4, 16)


class BEGANDecoder(nn.Sequential):
    """A linear layer, and 3x3 convolutions with ELU, two at each size, that end in linear pixels.

    Sides are doubled by repeating pixels. Layers have biases, and no normalisation.

    Args:
        inputs: Numbers that a map is made of.
        shape: Channels, height and width of the images.
        doubled: How often the sides of the first map are doubled.
        channels: Width of all maps.
    """

    def __init__(self, inputs: int, shape: tuple[int, ...], doubled: int, channels: int) -> None:
        image, *sides = shape
        start = [side >> doubled for side in sides]
        super().__init__(nn.Linear(inputs, channels * start[0] * start[1]), nn.Unflatten(1, (channels, *start)))
        for size in range(doubled + 1):
            if size:
                self.append(nn.Upsample(scale_factor=2, mode="nearest"))
            self.extend([*_convolved(channels, channels), *_convolved(channels, channels)])
        self.append(nn.Conv2d(channels, image, 3, padding=1))


class BEGANGenerator(Generator):
    """The decoder on latents (arXiv:1703.10717, figure 1); images are not bounded by a tanh.

    Args:
        data: What is generated: images whose sides are 4 to 15 times one power of 2, from 2 on.
        classes: Number of classes, 0 for an unconditional network, as the paper's are.
        channels: Width of all maps, the paper's n.
        latent: Length of the latent vector, uniform on [-1, 1] in the paper.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1.
    """

    bounded = False

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 128, latent: int = 64) -> None:
        super().__init__()
        at_least(1, channels=channels, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        self.layers = BEGANDecoder(latent + classes, data.shape, doublings(data, _SMALLEST)[0], channels)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]``, about in [-1, 1]."""
        return self.layers(with_labels(latents, labels, self.classes))  # type: ignore[no-any-return]


class BEGANDiscriminator(Discriminator):
    """An autoencoder: what it reconstructs badly is not real (arXiv:1703.10717, section 3.1 and figure 1).

    The logit of an image v is minus its energy, the mean of |v - D(v)| over pixels and channels, so that HIGH is real
    and no logit is above 0. The encoder widens its maps by n with each halving; the decoder is built as the generator,
    with weights of its own. Features ``[N, hidden]`` of its critiques are the code, and the extra ``reconstruction`` is
    D(v). A network that is given classes reads them as constant maps beside the image's channels.

    Args:
        data: What is judged: images whose sides are 4 to 15 times one power of 2, from 2 on.
        classes: Number of classes, 0 for an unconditional network, as the paper's are.
        channels: Width of the first map, the paper's n.
        hidden: Length of the code, the paper's h.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 128, hidden: int = 64) -> None:
        super().__init__()
        at_least(1, channels=channels, hidden=hidden)
        halvings = doublings(data, _SMALLEST)[0]
        image, height, width = data.shape
        self.classes = classes
        self.encoder = nn.Sequential(*_convolved(image + classes, channels))
        inputs = channels
        for stage in range(1, halvings + 2):
            outputs = channels * stage
            self.encoder.extend([*_convolved(inputs, outputs), *_convolved(outputs, outputs)])
            if stage <= halvings:
                self.encoder.extend(_convolved(outputs, outputs, stride=2))
            inputs = outputs
        self.encoder.extend([nn.Flatten(), nn.Linear(inputs * (height >> halvings) * (width >> halvings), hidden)])
        self.decoder = BEGANDecoder(hidden, data.shape, halvings, channels)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``; gradients come by way of v on both sides of v - D(v)."""
        code = self.encoder(with_labels(samples, labels, self.classes))
        reconstruction = self.decoder(code)
        energy = (samples - reconstruction).abs().flatten(1).mean(dim=1)
        return Critique(-energy, features=code, extras={"reconstruction": reconstruction})


def _convolved(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1), nn.ELU()]


BEGAN = Architecture({"generator": BEGANGenerator, "discriminator": BEGANDiscriminator}, BEGAN_PAPER)
