"""The discriminator of FastGAN, which also learns to reconstruct the real images from its maps."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import SNEmbedding, at_least, doublings, normal
from gan_lightning_modern.gated import Decoder, ExcitedBlocks, unbiased

_MOST_BLOCKS = 5  # residual halvings; images above 256x256 are halved by plain convolutions first
_SPAN = 3  # halvings between a map and the one whose channels it scales


class FastGANDiscriminator(Discriminator):
    """Residual halvings to 8x8, excited skips, and beside them a plain tower on the image of half the size.

    Both towers judge patches: logits are ``[N, 2, H, W]``. In turns in which it learns, ``extras["reconstruction"]``
    ``[N]`` is the mean absolute error of three decoders: of the last map for the image, of a random quarter of the map
    before it for that quarter of the image, and of the small tower's map for the small image (arXiv:2101.04775, section
    3.2). The rule `reconstruction` has the discriminator pay for it. Features ``[N, D]`` are means of the last map.

    Every convolution is spectrally normalised. With classes, of which the paper has none, logits have the label's
    projection on the features added.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2 from 4 on.
        classes: Number of classes, 0 for an unconditional network.
        channels: An eighth of the width of the 8x8 map; maps are half as wide with each doubling of their sides.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: `channels` is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64) -> None:
        super().__init__()
        at_least(1, channels=channels)
        steps = doublings(data)[0]
        if steps < 2:
            raise UnsupportedShapeError(f"data: sides must be 3 to 7 times 4 or more, the data are {data}")
        blocks = min(_MOST_BLOCKS, steps - 1)
        widths = [max(1, 8 * channels >> level) for level in reversed(range(blocks + 1))]
        last, small, colors = widths[-1], 4 * channels, data.shape[0]
        self.small_size = (data.shape[1] >> steps - blocks, data.shape[2] >> steps - blocks)
        self.stem = _halvings(colors, widths[0], steps - 1 - blocks)
        residual = [_Halving(inputs, outputs) for inputs, outputs in pairwise(widths)]
        self.blocks = ExcitedBlocks(residual, widths, span=min(_SPAN, blocks), most=_SPAN)
        self.tower = _halvings(colors, small, blocks - 1)
        self.patches = nn.Sequential(*_normalized(unbiased(last, 2 * last, 1)), unbiased(2 * last, 1, 4))
        self.small_patches = unbiased(small, 1, 4)
        self.embedding = SNEmbedding(classes, last) if classes else None
        sources = {"whole": (last, steps - 1), "quarter": (widths[-2], steps - 2), "small": (small, blocks - 1)}
        self.decoders = nn.ModuleDict(
            {name: Decoder(width, colors, count, max(1, channels // 2)) for name, (width, count) in sources.items()}
        )
        normal(self, std=0.02)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        small_image = adaptive_avg_pool2d(samples, self.small_size)
        *_, before, last = self.blocks(self.stem(samples))
        small = self.tower(small_image)
        features = last.mean(dim=(2, 3))
        logits = torch.cat([self.patches(last), self.small_patches(small)], dim=1)
        if self.embedding is not None:
            assert labels is not None
            logits = logits + (self.embedding(labels) * features).sum(dim=1)[:, None, None, None]
        critique = Critique(logits, features=features)
        if self.training and self.stem[0].weight.requires_grad:
            critique.extras = {"reconstruction": self._errors(samples, small_image, before, last, small)}
        return critique

    def _errors(self, samples: Tensor, small_image: Tensor, before: Tensor, last: Tensor, small: Tensor) -> Tensor:
        place = torch.randint(4, (1,), device=samples.device)
        pairs = {
            "whole": (last, samples),
            "quarter": (_quarter(before, place), _quarter(samples, place)),
            "small": (small, small_image),
        }
        errors = [_error(self.decoders[name](maps), image) for name, (maps, image) in pairs.items()]
        return torch.stack(errors).sum(dim=0)


class _Halving(nn.Module):
    """The mean of two ways to halve: conv4 with stride and conv3, or pooling and conv1, each with norm and activation.

    Args:
        inputs: Channels in.
        outputs: Channels out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolved = nn.Sequential(
            *_normalized(unbiased(inputs, outputs, 4, stride=2, padding=1)),
            *_normalized(unbiased(outputs, outputs, 3, padding=1)),
        )
        self.pooled = nn.Sequential(*_normalized(unbiased(inputs, outputs, 1)))

    def forward(self, x: Tensor) -> Tensor:
        return (self.convolved(x) + self.pooled(avg_pool2d(x, 2))) / 2  # type: ignore[no-any-return]


def _normalized(convolution: nn.Conv2d) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(convolution.out_channels), nn.LeakyReLU(0.2)]


def _halvings(channels: int, width: int, count: int) -> nn.Sequential:
    """Return plain convolutions, each halving the sides and the first not normalised; one that halves nothing for 0."""
    if not count:
        return nn.Sequential(unbiased(channels, width, 3, padding=1), nn.LeakyReLU(0.2))
    widths = [max(1, width >> level) for level in reversed(range(count))]
    layers: list[nn.Module] = [unbiased(channels, widths[0], 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    for inputs, outputs in pairwise(widths):
        layers += _normalized(unbiased(inputs, outputs, 4, stride=2, padding=1))
    return nn.Sequential(*layers)


def _quarter(x: Tensor, place: Tensor) -> Tensor:
    """Return one of the four quarters of ``[N, C, H, W]``, the same for all samples."""
    height, width = x.shape[2] // 2, x.shape[3] // 2
    parts = [x[:, :, top : top + height, left : left + width] for top in (0, height) for left in (0, width)]
    return torch.stack(parts).index_select(0, place)[0]


def _error(made: Tensor, image: Tensor) -> Tensor:
    """Return the mean absolute error ``[N]`` of decoded images, the images being shrunk to their size."""
    return (made - adaptive_avg_pool2d(image, (made.shape[2], made.shape[3]))).abs().mean(dim=(1, 2, 3))
