"""The formats, each written and then read back and tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_lightning.disk import replacing
from gan_lightning.errors import UserError
from gan_lightning.export.prepared import Exportable

_COUNTS = (1, 4)  # batches that are tried, neither of which is the example's
_TOLERANCE = 1e-4  # of the largest number in the samples


@dataclass(frozen=True)
class Format:
    """A way to write a generator down.

    Args:
        suffix: Of the file.
        write: Writes it to a path.
        read: Returns what calls it with its inputs, or None where there are only weights to be called.
        needs: Modules that must be installed.
    """

    suffix: str
    write: Callable[[Exportable, Path], None]
    read: Callable[[Exportable, Path], Callable[[tuple[Tensor, ...]], Tensor]] | None
    needs: tuple[str, ...] = ()

    def require(self) -> None:
        """Refuse where something is not installed.

        Raises:
            UserError: It is not.
        """
        missing = [name for name in self.needs if find_spec(name) is None]
        if missing:
            raise UserError(f"--format onnx needs {', '.join(missing)}: pip install 'gan-lightning[onnx]'")

    def export(self, exportable: Exportable, path: Path) -> float | None:
        """Write the generator and its facts, ``.json`` beside it, and try what was written.

        Returns:
            The largest difference to PyTorch's own samples; None where there is nothing to compare, since a generator
            draws noise of its own or only weights were written.

        Raises:
            UserError: What was written makes other samples, or a package is missing.
        """
        self.require()
        with replacing(path) as temporary:
            self.write(exportable, temporary)
            difference = self._difference(exportable, temporary)
        with replacing(path.with_suffix(".json")) as temporary:
            temporary.write_text(json.dumps(exportable.described(), indent=2, default=str) + "\n")
        return difference

    def _difference(self, exportable: Exportable, path: Path) -> float | None:
        if self.read is None:
            return None
        call, largest = self.read(exportable, path), 0.0
        for count in _COUNTS:
            wanted, made = exportable.samples(count), call(exportable.inputs(count))
            if made.shape != wanted.shape:
                raise UserError(f"{path.suffix}: it makes {tuple(made.shape)}, expected {tuple(wanted.shape)}")
            largest = max(largest, _relative(made, wanted))
        if not exportable.is_a_function():
            return None
        if not largest <= _TOLERANCE:
            raise UserError(f"--format: what was written differs from PyTorch by {largest:.2g} of the largest number")
        return largest


def _relative(made: Tensor, wanted: Tensor) -> float:
    return float((made - wanted).abs().max() / wanted.abs().max().clamp(min=1e-6))


def _write_torch(exportable: Exportable, path: Path) -> None:
    with path.open("wb") as file:
        torch.export.save(exportable.exported, file)


def _read_torch(exportable: Exportable, path: Path) -> Callable[[tuple[Tensor, ...]], Tensor]:
    del exportable
    with path.open("rb") as file:
        loaded = torch.export.load(file).module()
    return lambda inputs: loaded(*inputs)


def _write_onnx(exportable: Exportable, path: Path) -> None:
    made: Any = torch.onnx.export(
        exportable.exported, input_names=exportable.names, output_names=["samples"], dynamo=True, verbose=False
    )
    path.write_bytes(made.model_proto.SerializeToString())


def _read_onnx(exportable: Exportable, path: Path) -> Callable[[tuple[Tensor, ...]], Tensor]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])

    def call(inputs: tuple[Tensor, ...]) -> Tensor:
        named = {name: value.numpy() for name, value in zip(exportable.names, inputs, strict=True)}
        return torch.from_numpy(session.run(None, named)[0])

    return call


def _write_safetensors(exportable: Exportable, path: Path) -> None:
    from safetensors.torch import save_file

    facts = {"gan_lightning": json.dumps(exportable.described(), default=str)}
    save_file({name: value.contiguous() for name, value in exportable.weights.items()}, path, metadata=facts)


#: Formats by the names that the command line has for them.
FORMATS: Mapping[str, Format] = {
    "onnx": Format(".onnx", _write_onnx, _read_onnx, needs=("onnx", "onnxscript", "onnxruntime")),
    "torch": Format(".pt2", _write_torch, _read_torch),
    "safetensors": Format(".safetensors", _write_safetensors, None),
}
