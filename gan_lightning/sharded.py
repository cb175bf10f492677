"""Training of networks that do not fit on one device: ``trainer.strategy: fsdp2``.

Every process holds a part of each weight, of its average and of its optimiser state (FSDP2, torch's ``fully_shard``). A
unit's weights are gathered before its forward and its backward and given up after; gradients are averaged as they are
scattered. Checkpoints are those of one process: a run may go on with another strategy or number of processes.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.strategies import ModelParallelStrategy, StrategyRegistry
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard
from torch.optim import Optimizer

from gan_lightning.catalog import Catalog
from gan_lightning.dtensors import part_like, take_from_first, whole
from gan_lightning.errors import UserError
from gan_lightning.module import GANModule
from gan_lightning.recipe.schema import Recipe

#: What a recipe calls the strategy.
SHARDED = "fsdp2"
#: Weights from which a submodule is a unit of its own: fewer are not worth a message.
LEAST = 2**20

_OUTSIDE = "a weight is read outside its layer's forward"
_TWICE = "it differentiates twice, through weights that have been given up by then"
#: What torch says of a game that cannot be played so, in its first round.
_SYMPTOMS = {"mixed torch.Tensor and DTensor": _OUTSIDE, "setStorage": _TWICE}


class ShardedStrategy(ModelParallelStrategy):
    """Shards each network by itself, so that players can take turns.

    Args:
        least: Weights from which a submodule is a unit of its own.
    """

    def __init__(self, least: int = LEAST) -> None:
        super().__init__(tensor_parallel_size=1, save_distributed_checkpoint=False)
        self.least = least

    @property
    def restore_checkpoint_after_setup(self) -> bool:
        """Networks are loaded before they are sharded, which needs no messages."""
        return False

    @property
    def lightning_restore_optimizer(self) -> bool:
        """Optimiser states come from the checkpoint as in any run."""
        return True

    def setup_environment(self) -> None:
        """Let all processes share the networks."""
        self._data_parallel_size = self.num_nodes * self.num_processes
        super().setup_environment()

    def setup(self, trainer: Trainer) -> None:
        """Shard the networks and their averages, and make the optimisers of what is left of them here."""
        module = self.lightning_module
        assert isinstance(module, GANModule)
        assert self.accelerator is not None
        self.accelerator.setup(trainer)
        if self._layer_sync is not None:
            self.model = self._layer_sync.apply(module)
        take_from_first((*module.parameters(), *module.buffers()), self.root_device)
        averages = [] if module.ema is None else [module.ema.networks]
        for networks in (module.game.networks, *averages):
            for name, network in networks.items():
                shard(name, network, self.device_mesh["data_parallel"], self.least)
        self.model = self.precision_plugin.convert_module(module)
        self.model_to_device()
        self.barrier()
        self.setup_optimizers(trainer)
        self.setup_precision_plugin()

    def training_step(self, *args: Any, **options: Any) -> Any:
        """Play a round.

        Raises:
            UserError: The game does what sharded networks cannot.
        """
        try:
            return super().training_step(*args, **options)
        except RuntimeError as error:
            reasons = [reason for symptom, reason in _SYMPTOMS.items() if symptom in str(error)]
            if not reasons:
                raise
            raise UserError(f"trainer.strategy: {SHARDED} cannot play this game: {reasons[0]}; use ddp") from error

    def lightning_module_state_dict(self) -> dict[str, Any]:
        """Return the state of one process; all must ask, and the first one is told."""
        assert self.lightning_module is not None
        return self._gathered(self.lightning_module.state_dict())

    def load_model_state_dict(self, checkpoint: Mapping[str, Any], strict: bool = True) -> None:  # noqa: FBT001, FBT002
        """Load networks that are still whole."""
        assert self.lightning_module is not None
        self.lightning_module.load_state_dict(checkpoint["state_dict"], strict=strict)

    def optimizer_state(self, optimizer: Optimizer) -> dict[str, Any]:
        """Return the state of one process; all must ask, and the first one is told."""
        state = getattr(optimizer, "optimizer", optimizer).state_dict()
        return {**state, "state": {index: self._gathered(values) for index, values in state["state"].items()}}

    def load_optimizer_state_dict(self, checkpoint: Mapping[str, Any]) -> None:
        """Take this process's part of optimiser states."""
        for optimizer, state in zip(self.optimizers, checkpoint["optimizer_states"], strict=True):
            weights = [weight for group in optimizer.param_groups for weight in group["params"]]
            parts = {
                index: {name: _part(value, weights[index]) for name, value in values.items()}
                for index, values in state["state"].items()
            }
            optimizer.load_state_dict({**state, "state": parts})

    def load_checkpoint(self, checkpoint_path: str | Path, weights_only: bool | None = None) -> dict[str, Any]:  # noqa: FBT001
        """Read a checkpoint; every process reads the file."""
        return self.checkpoint_io.load_checkpoint(checkpoint_path, weights_only=weights_only)

    def _gathered(self, state: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in state.items():
            gathered = whole(value) if isinstance(value, Tensor) else value
            if self.is_global_zero:
                found[name] = gathered.cpu() if isinstance(value, Tensor) else gathered
        return found


def shard(name: str, network: nn.Module, mesh: DeviceMesh, least: int = LEAST) -> None:
    """Shard a network in place; submodules with many weights are gathered one at a time.

    Args:
        name: What the recipe calls it.
        network: The network, whole and the same on all processes.
        mesh: The processes.
        least: Weights from which a submodule is a unit of its own.

    Raises:
        UserError: It has weights that cannot be sharded, such as one that two layers share.
    """
    owners = Counter(weight for module in network.modules() for weight in module.parameters(recurse=False))
    shared = [path for path, weight in network.named_parameters() if owners[weight] > 1]
    if shared:
        raise UserError(f"trainer.strategy: {SHARDED} cannot shard the {name}: layers share {shared[0]}; use ddp")
    for weight in owners:
        weight.data = weight.data.contiguous()
    try:
        for child in network.children():
            _shard_large(child, mesh, least)
        _shard(network, mesh)
    except (ValueError, NotImplementedError) as error:
        said = str(error).splitlines()[0]
        raise UserError(f"trainer.strategy: {SHARDED} cannot shard the {name}: {said}; use ddp") from error
    # The last layer's squeezed logits are such a view; who changes them in place ends in `_SYMPTOMS`
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view tensor")


def check_sharding(recipe: Recipe, catalog: Catalog) -> None:
    """Refuse what sharded networks cannot do.

    Raises:
        UserError: A penalty differentiates twice, or torch is too old.
    """
    if recipe.trainer.get("strategy") != SHARDED:
        return
    if torch.__version__ < (2, 14):  # type: ignore[operator]
        raise UserError(
            f"trainer.strategy: {SHARDED} was tried with torch 2.14, and this is {torch.__version__}; use ddp"
        )
    for part in recipe.penalties:
        if getattr(catalog.find("penalty", part.name).component, "differentiates_twice", False):
            raise UserError(
                f"penalties.{part.name}: it differentiates twice, which gives wrong gradients or none with "
                f"trainer.strategy {SHARDED}; use ddp"
            )


def _shard_large(module: nn.Module, mesh: DeviceMesh, least: int) -> int:
    """Make units, the innermost first, and return how many of a submodule's weights are in none."""
    left = sum(weight.numel() for weight in module.parameters(recurse=False))
    left += sum(_shard_large(child, mesh, least) for child in module.children())
    called = type(module).forward is not nn.Module.forward and not isinstance(module, nn.Sequential)
    if left < least or not called:  # a container's parts may be called without it
        return left
    _shard(module, mesh)
    return 0


def _shard(module: nn.Module, mesh: DeviceMesh) -> None:
    # Given up after the forward even at the root: sampling, averaging and the other player's turn come next
    fully_shard(module, mesh=mesh, reshard_after_forward=True)


def _part(value: Any, weight: Tensor) -> Any:
    return part_like(value, weight) if isinstance(value, Tensor) else value


StrategyRegistry.register(SHARDED, ShardedStrategy, "FSDP2 for players that take turns")
