"""What makes the same mathematics faster on the hardware at hand, chosen by ``performance: auto``."""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from gan_lightning.data.spec import Kind

# From glibc's malloc.h. Large tensors are otherwise mapped and unmapped for every operation, and the page faults cost
# more than a third of a training step on a CPU.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_TOP_PAD_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Choices:
    """What is on.

    Args:
        allocator: Whether the C library keeps freed memory for the next step.
        memory_format: How images are laid out.
        fused_optimizers: Whether optimisers update all weights in one kernel.
        compiled_turns: Whether each turn is compiled; see `gan_lightning.compiled`.
    """

    allocator: bool = False
    memory_format: torch.memory_format = torch.contiguous_format
    fused_optimizers: bool = False
    compiled_turns: bool = False

    def __str__(self) -> str:
        chosen = {
            "allocator keeps memory": self.allocator,
            "channels last": self.memory_format == torch.channels_last,
            "fused optimizers": self.fused_optimizers,
            "compiled turns": self.compiled_turns,
        }
        return ", ".join(name for name, on in chosen.items() if on) or "nothing"


def choose(mode: str, kind: Kind, precision: str) -> Choices:
    """Choose what is safe here and changes no number beyond rounding.

    Args:
        mode: ``"auto"``, ``"off"``, or ``"compile"``, which is auto with compiled turns.
        kind: Kind of the data; points have no memory format.
        precision: The Trainer's precision; a fused optimiser unscales float16 gradients itself, before they could be
            clipped, so it is left out there.
    """
    if mode == "off":
        return Choices()
    return Choices(
        allocator=keeping_memory_pays(),
        memory_format=torch.channels_last if kind == "images" else torch.contiguous_format,
        fused_optimizers=not str(precision).startswith("16"),
        compiled_turns=mode == "compile",
    )


def keeping_memory_pays() -> bool:
    """Tell whether training and scoring are faster where freed memory is kept, which is on a CPU with glibc."""
    return _has_glibc() and not torch.cuda.is_available()


def keep_memory() -> None:
    """Tell glibc to keep freed memory instead of returning it to the system after every operation."""
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_MAX, 0)
    libc.mallopt(_M_TRIM_THRESHOLD, -1)
    libc.mallopt(_M_TOP_PAD, _TOP_PAD_BYTES)


def bfloat16_pays() -> bool:
    """Tell whether this processor is expected to compute faster in bfloat16 than in float32.

    It is with AMX, or with AVX512-BF16 as AMD builds it. Intel's AVX512-BF16 alone was measured at half of float32's
    speed: that the instruction exists says nothing.
    """
    if torch.cpu._is_amx_tile_supported():
        return True
    return bool(torch.cpu._is_avx512_bf16_supported()) and "AuthenticAMD" in _processor()


@lru_cache(maxsize=1)
def _processor() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(errors="replace").partition("\n\n")[0]
    except OSError:
        return ""


def forget_nvml_check() -> None:
    """Undo what importing Lightning does to CUDA builds of torch on machines without a GPU.

    It sets ``PYTORCH_NVML_BASED_CUDA_CHECK``, after which every step of an optimiser asks the driver whether there is a
    GPU: Adam takes twice as long.
    """
    if not torch.cuda.is_available():
        os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)


def _has_glibc() -> bool:
    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
