"""Train any member of the GAN family tree from one recipe.

import gan_lightning
images = gan_lightning.load("runs/mine").sample(16)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_lightning.trained import Trained, load

__all__ = ["Trained", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import torch and the rest only when something is asked for, so that the command line answers at once."""
    if name in __all__:
        from gan_lightning import trained

        return getattr(trained, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
