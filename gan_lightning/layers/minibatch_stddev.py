"""How much samples of a batch differ, as further maps for a discriminator to look at."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lightning.errors import UserError
from gan_lightning.layers.checks import at_least


class MinibatchStddev(nn.Module):
    """Adds maps that hold the deviation within a group of samples, averaged over channels and places.

    A batch of N is dealt out to ceil(N / group) groups, sample i to group i mod the number of groups, as the authors'
    code does where N is a multiple of the group. Where it is not, some groups have one sample less. The deviation of
    each value over a group is sqrt(variance + 1e-8), with the variance over the group and not one less (Karras et al.
    2018, arXiv:1710.10196, section 3). A process looks at its own share of a batch. Scores depend on batch mates: with
    a gradient penalty, so do the gradients.

    Args:
        group: Samples in a group; all of the batch where it is smaller.
        features: Maps added. Channels are split into so many parts, each of which is averaged by itself.

    Raises:
        UserError: A number is below 1.
    """

    def __init__(self, group: int = 4, features: int = 1) -> None:
        super().__init__()
        at_least(1, group=group, features=features)
        self.group = group
        self.features = features

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, *rest]`` to ``[N, C + features, *rest]``.

        Raises:
            UserError: C is no multiple of `features`.
        """
        count, channels, *rest = x.shape
        if channels % self.features:
            raise UserError(f"features: {self.features} parts of {channels} channels are not of one size")
        # Squares of differences need full precision, whatever the layers around compute in.
        with torch.autocast(x.device.type, enabled=False):
            deviations = self._deviations(x.flatten(1).to(torch.promote_types(x.dtype, torch.float32)))
        maps = deviations.view(count, self.features, *[1] * len(rest)).expand(-1, -1, *rest)
        return torch.cat([x, maps.to(x.dtype)], dim=1)

    def _deviations(self, values: Tensor) -> Tensor:
        """Return the mean deviation of each part in each sample's group ``[N, features]``."""
        count = len(values)
        groups = -(-count // self.group)
        places = torch.arange(count, device=values.device) % groups
        members = (places == torch.arange(groups, device=values.device)[:, None]).to(values.dtype)
        members = members / members.sum(dim=1, keepdim=True)
        centred = values - (members @ values)[places]
        deviations = (members @ centred.square() + 1e-8).sqrt()
        return deviations.view(groups, self.features, -1).mean(dim=2)[places]
