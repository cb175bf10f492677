"""Features of real samples on disk: the same data, extractor and choice are never extracted twice."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from gan_lightning.components import Extracted
from gan_lightning.disk import replacing


def cached_features(cache: Path, key: Mapping[str, Any], extract: Callable[[], Extracted]) -> Extracted:
    """Return what `extract` gives, from ``cache/features`` if it is there whole.

    A damaged file is extracted anew and replaced. A folder that cannot be written costs a warning, not the score.

    Args:
        cache: Folder that outlives the run.
        key: Everything that the features depend on, as plain JSON values.
        extract: Makes the features.
    """
    text = json.dumps(key, sort_keys=True)
    path = cache / "features" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.safetensors"
    found = _read(path, text)
    if found is not None:
        return found
    made = extract()
    try:
        _write(path, text, made)
    except OSError as error:
        warnings.warn(f"features of real samples are not kept: {path.parent}: {error}", stacklevel=2)
    return made


def _read(path: Path, key: str) -> Extracted | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            facts = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a mapping)
    except (OSError, SafetensorError):
        return None
    if facts.get("key") != key or facts.get("sha256") != _digest(tensors):
        return None
    return Extracted(tensors["features"], tensors.get("logits"))


def _write(path: Path, key: str, made: Extracted) -> None:
    from safetensors.torch import save_file

    tensors = {"features": made.features.cpu().contiguous()}
    if made.logits is not None:
        tensors["logits"] = made.logits.cpu().contiguous()
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"key": key, "sha256": _digest(tensors)})


def _digest(tensors: Mapping[str, Tensor]) -> str:
    # The format has no checksum of its own: a flipped bit would load
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].numpy().data)
    return digest.hexdigest()
