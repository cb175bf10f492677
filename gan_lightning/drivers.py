"""How the step computes gradients and moves optimisers: by way of Lightning, or directly where that is the same."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.plugins import MixedPrecision, Precision
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import Tensor
from torch.optim import Optimizer

from gan_lightning.step import Driver, Step

# What Lightning would call on the way that this module passes by
_HOOKS = ("on_before_backward", "on_after_backward", "on_before_optimizer_step", "on_before_zero_grad")


class ThroughLightning:
    """Goes the way that serves every strategy, precision and callback; Lightning calls `Step.prepare` on it.

    Args:
        module: The module that is trained.
    """

    def __init__(self, module: LightningModule) -> None:
        self._module = module

    def backward(self, loss: Tensor) -> None:
        """Scale the loss where the precision asks for it, and add its gradients to the weights' own."""
        self._module.manual_backward(loss)

    def step(self, optimizer: Optimizer, *, counts: bool) -> None:
        """Make the step past the optimiser's wrapper, which would count every player's."""
        self._module.trainer.strategy.optimizer_step(optimizer, _nothing)
        if counts:
            self.count()

    def count(self) -> None:
        """Tell Lightning of a step that was made elsewhere."""
        _count(self._module.trainer)


class Direct:
    """Calls torch itself: on one device, without a scaler, and with nobody listening, nothing else would happen.

    The way through Lightning costs a tenth of a millisecond a turn, which is most of what a framework adds to the
    step of a tiny network.

    Args:
        trainer: Whose counter of updates is kept.
        step: Prepares gradients.
    """

    def __init__(self, trainer: Trainer, step: Step) -> None:
        self._step = step
        self._trainer = trainer

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of the loss to the weights' own."""
        loss.backward()  # type: ignore[no-untyped-call]

    def step(self, optimizer: Optimizer, *, counts: bool) -> None:
        """Prepare the gradients, make the step, and tell Lightning if it counts."""
        self._step.prepare(optimizer)
        optimizer.step()
        if counts:
            self.count()

    def count(self) -> None:
        """Tell Lightning of a step that was made elsewhere."""
        _count(self._trainer)


def choose_driver(trainer: Trainer, module: LightningModule, step: Step) -> Driver:
    """Return the direct way where it is the same."""
    precision = trainer.precision_plugin
    single = type(trainer.strategy) is SingleDeviceStrategy
    unscaled = type(precision) is Precision or (type(precision) is MixedPrecision and precision.scaler is None)
    listeners = trainer.callbacks  # type: ignore[attr-defined]
    heard = any(getattr(type(one), hook) is not getattr(Callback, hook) for one in listeners for hook in _HOOKS)
    return Direct(trainer, step) if single and unscaled and not heard else ThroughLightning(module)


def _count(trainer: Trainer) -> None:
    steps = trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
    steps.increment_ready()
    steps.increment_completed()


def _nothing() -> None:
    """Stand in for the closure that the optimisers of manual optimisation do not need."""
