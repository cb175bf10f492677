"""``python -m gan_lightning``, and so ``torchrun -m gan_lightning``: the same as ``gan-lightning``."""

from __future__ import annotations

from gan_lightning.cli import main

if __name__ == "__main__":
    main()
