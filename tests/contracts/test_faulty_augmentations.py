"""The conformance kit notices augmentations that break what they promise: each here breaks one promise."""

import pytest
import torch

from gan_lightning.components import Augmentation
from gan_lightning.testing import (
    check_augmentation,
)


class Brightness(Augmentation):
    """A sound augmentation."""

    def __call__(self, images, random):
        return images + random.uniform("brightness", len(images), 1, 1, 1)


class Cropping(Brightness):
    """Makes images smaller."""

    def __call__(self, images, random):
        return super().__call__(images, random)[..., 1:]


class Blocking(Brightness):
    """Lets no gradient through."""

    def __call__(self, images, random):
        return super().__call__(images.detach(), random) + 0 * images


class Global(Brightness):
    """Draws from torch's global stream."""

    def __call__(self, images, random):
        return images + torch.rand(len(images), 1, 1, 1)


class Fixed(Brightness):
    """Is the same in every turn."""

    def __call__(self, images, random):
        return images + 0.1


class Together(Brightness):
    """Draws one number for this process's images."""

    def __call__(self, images, random):
        return images + torch.rand((), generator=random.generator("all")) * images.mean()


AUGMENTATIONS = {
    Cropping: "keeps the shape",
    Blocking: "lets gradients through: an image gets no gradient",
    Global: "is a function of the position: the same position gives another result",
    Fixed: "is a function of the position: another position gives the same result",
    Together: "is the same on many processes",
}


@pytest.mark.parametrize("augmentation", AUGMENTATIONS, ids=lambda augmentation: augmentation.__name__)
def test_faulty_augmentations_are_caught(augmentation):
    check_augmentation(Brightness)
    with pytest.raises(AssertionError, match=AUGMENTATIONS[augmentation]):
        check_augmentation(augmentation)
