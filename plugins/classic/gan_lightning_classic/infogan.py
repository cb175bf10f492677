"""The networks of InfoGAN."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import at_least, with_labels
from gan_lightning.origin import Origin
from gan_lightning_classic.brightness import require_images
from gan_lightning_classic.strided import doubled, halved, initialise

INFOGAN_PAPER = Origin(
    "Chen et al., InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets",
    2016,
    "1606.03657",
    descends_from=("dcgan",),
)
_HALVINGS = 2


class InfoGANGenerator(Generator):
    """Two linear layers and two transposed convolutions with batch normalisation (arXiv:1606.03657, appendix C.1).

    Layers that are normalised have no bias. The paper's sigmoid is a tanh, for images in [-1, 1]. A class is read as a
    one-hot vector beside the latent. Weights begin at N(0, 0.02).

    Args:
        data: What is generated: images whose sides are multiples of 4.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the last hidden map; the one before has twice as many.
        hidden: Width of the first linear layer.
        latent: Length of the latent vector, codes included: the game `infogan` draws its last entries as codes.

    Raises:
        UnsupportedShapeError: The data are no images of such a size.
        UserError: A number is below 1.
    """

    def __init__(
        self, data: DataSpec, classes: int, *, channels: int = 64, hidden: int = 1024, latent: int = 74
    ) -> None:
        super().__init__()
        start = _start(data)
        at_least(1, channels=channels, hidden=hidden, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        widths = [2 * channels, channels]
        self.layers = nn.Sequential(
            *_linear(latent + classes, hidden, nn.ReLU()),
            *_linear(hidden, widths[0] * start[0] * start[1], nn.ReLU()),
            nn.Unflatten(1, (widths[0], *start)),
            *doubled(widths, data.shape[0]),
        )
        initialise(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        return self.layers(with_labels(latents, labels, self.classes))  # type: ignore[no-any-return]


class InfoGANDiscriminator(Discriminator):
    """Two 4x4 convolutions of stride 2 and a linear layer, which Q shares (arXiv:1606.03657, appendix C.1).

    Leaky ReLU follows each, batch normalisation all but the first. A class is read as constant maps beside the image's
    channels. Features ``[N, hidden]`` of its critiques are the linear layer. Weights begin at N(0, 0.02).

    Args:
        data: What is judged: images whose sides are multiples of 4.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the first map; the second has twice as many.
        hidden: Width of the linear layer.

    Raises:
        UnsupportedShapeError: The data are no images of such a size.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, hidden: int = 1024) -> None:
        super().__init__()
        height, width = _start(data)
        at_least(1, channels=channels, hidden=hidden)
        self.classes = classes
        self.layers = nn.Sequential(
            nn.Conv2d(data.shape[0] + classes, channels, 4, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            *halved([channels, 2 * channels], partial(nn.LeakyReLU, 0.1)),
            nn.Flatten(),
            *_linear(2 * channels * height * width, hidden, nn.LeakyReLU(0.1)),
        )
        self.last = nn.Linear(hidden, 1)
        initialise(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = self.layers(with_labels(samples, labels, self.classes))
        return Critique(self.last(features).squeeze(1), features=features)


def _linear(inputs: int, outputs: int, activation: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), activation)


def _start(data: DataSpec) -> tuple[int, int]:
    """Return height and width of the smallest map."""
    require_images(data, "infogan")
    _, height, width = data.shape
    size = 2**_HALVINGS
    if height % size or width % size:
        near = "x".join(str(max(round(side / size), 1) * size) for side in (height, width))
        raise UnsupportedShapeError(
            f"data: architecture infogan halves images twice, {height}x{width} cannot be; the nearest size is {near}"
        )
    return height // size, width // size


INFOGAN = Architecture({"generator": InfoGANGenerator, "discriminator": InfoGANDiscriminator}, INFOGAN_PAPER)
