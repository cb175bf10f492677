"""Turns of tiny networks, each compiled to one piece of machine code: forward, gradients and Adam's step.

What a framework and torch's own dispatcher add to every operation is most of the step of a network of a few thousand
weights. ``performance: compile`` traces a turn once, with everything that is drawn in it as an input, so that the code
sees the numbers the turn itself would have seen. The first turn of each phase is played both ways and compared.
"""

from gan_lightning.compiled.checks import check_compilable, refuse
from gan_lightning.compiled.turn import CompiledTurn

__all__ = ["CompiledTurn", "check_compilable", "refuse"]
