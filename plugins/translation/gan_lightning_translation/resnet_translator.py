"""CycleGAN's generator: two halvings, residual blocks, two doublings."""

from __future__ import annotations

from torch import Tensor, nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least
from gan_lightning_translation.norms import Norm, initialise, normalised
from gan_lightning_translation.translators import SameSizeTranslator, require_quarters

_LARGE = 256  # from this size on the published networks have nine blocks
_FIFTH = 5
_DOUBLED = {"stride": 2, "padding": 1, "output_padding": 1}


class ResnetTranslator(SameSizeTranslator):
    """7x7 convolution, two 3x3 of stride 2, residual blocks, two transposed ones, 7x7 (arXiv:1703.10593, 7.2).

    Borders are reflected; ReLU and normalisation follow every convolution but the last, which has tanh.

    Args:
        data: What is generated, and its partner: sides are a multiple of 4, from 8 on.
        classes: Must be 0.
        channels: Width of the outermost maps.
        blocks: Residual blocks; None for 9 from 256x256 on and 6 below, as published.
        norm: ``instance`` without scales, as published; ``batch``; or ``instance_affine``.

    Raises:
        UnsupportedShapeError: Sides are no multiple of 4, or sources have another size.
        UserError: A number is below 1.
    """

    side_multiple = 4

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int = 64,
        blocks: int | None = None,
        norm: Norm = "instance",
    ) -> None:
        super().__init__(data, classes)
        at_least(1, channels=channels, blocks=blocks)
        require_quarters(data, type(self).__name__)
        count = blocks or (9 if min(data.shape[1:]) >= _LARGE else 6)
        self.first = nn.Sequential(
            nn.ReflectionPad2d(3), *normalised(nn.Conv2d, self.latent_shape[0], channels, norm, 7)
        )
        self.down = nn.ModuleList(
            nn.Sequential(*normalised(nn.Conv2d, width, 2 * width, norm, 3, stride=2, padding=1))
            for width in (channels, 2 * channels)
        )
        self.blocks = nn.ModuleList(ReflectedBlock(4 * channels, norm) for _ in range(count))
        self.up = nn.Sequential(
            *normalised(nn.ConvTranspose2d, 4 * channels, 2 * channels, norm, 3, **_DOUBLED),
            *normalised(nn.ConvTranspose2d, 2 * channels, channels, norm, 3, **_DOUBLED),
            nn.ReflectionPad2d(3),
            nn.Conv2d(channels, data.shape[0], 7),
            nn.Tanh(),
        )
        initialise(self)

    @property
    def feature_widths(self) -> tuple[int, ...]:
        """Channels of the maps that `features` returns."""
        widths = [layer[0].out_channels for layer in self.down]  # type: ignore[index, union-attr]
        return (self.latent_shape[0], *widths, widths[-1], widths[-1])  # type: ignore[return-value, arg-type]

    def features(self, sources: Tensor) -> list[Tensor]:
        """Return maps of images ``[N, C, H, W]``: their pixels, behind both halvings, the first and the fifth block.

        These are the layers that CUT compares (arXiv:2007.15651, appendix C.1). With fewer blocks the last stands for
        the fifth.
        """
        maps = [sources]
        x = self.first(sources)
        for layer in self.down:
            x = layer(x)
            maps.append(x)
        for number, block in enumerate(self.blocks[:_FIFTH]):
            x = block(x)
            if number == 0:
                maps.append(x)
        return [*maps, x]

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map sources ``[N, C, H, W]`` to images ``[N, C', H, W]`` in [-1, 1]."""
        del labels
        x = self.first(latents)
        for layer in (*self.down, *self.blocks):
            x = layer(x)
        made: Tensor = self.up(x)
        return made


class ReflectedBlock(nn.Module):
    """x + two 3x3 convolutions with reflected borders and normalisation, a ReLU between them.

    Args:
        width: Channels.
        norm: The normalisation.
    """

    def __init__(self, width: int, norm: Norm) -> None:
        super().__init__()
        second = [nn.ReflectionPad2d(1), *normalised(nn.Conv2d, width, width, norm, 3)]
        self.layers = nn.Sequential(nn.ReflectionPad2d(1), *normalised(nn.Conv2d, width, width, norm, 3), *second[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, width, H, W]`` to as much."""
        return x + self.layers(x)  # type: ignore[no-any-return]
