"""The conformance kit: one call in a plugin's tests checks every component that the plugin registers.

    import pytest
    from gan_lightning.testing import check, component_cases

    @pytest.mark.parametrize("case", component_cases(plugin="myplugin"), ids=str)
    def test_contract(case):
        check(case)

The kit itself needs no pytest; ``check_loss(MyLoss)`` and its kin check a class that no plugin registers yet.
"""

from gan_lightning.testing.architectures import check_architecture
from gan_lightning.testing.augmentations import check_augmentation
from gan_lightning.testing.cases import Case, check, component_cases, left_out
from gan_lightning.testing.datasets import check_dataset
from gan_lightning.testing.extractors import check_extractor
from gan_lightning.testing.games import check_game, check_two_processes
from gan_lightning.testing.losses import check_loss
from gan_lightning.testing.metrics import check_metric
from gan_lightning.testing.penalties import check_penalty
from gan_lightning.testing.trials import SHAPES

__all__ = [
    "SHAPES",
    "Case",
    "check",
    "check_architecture",
    "check_augmentation",
    "check_dataset",
    "check_extractor",
    "check_game",
    "check_loss",
    "check_metric",
    "check_penalty",
    "check_two_processes",
    "component_cases",
    "left_out",
]
