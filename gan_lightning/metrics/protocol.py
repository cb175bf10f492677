"""What makes a score comparable with another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

# Recorded, but no difference in what is measured. `seed` says which latents were drawn: another draw of the same
# quantity, and what runs with different training seeds are compared over. `data` is a name, which a moved folder
# changes; `fingerprint` says what the data are.
RECORD_ONLY = frozenset({"seed", "data"})
# Not in scores of before these could be asked for; None says nothing, so that such scores keep their digest.
LATER = frozenset({"truncation", "standing_statistics"})


@dataclass(frozen=True)
class Protocol:
    """Everything that a score depends on besides the generator's weights.

    Args:
        data: Name of the real data.
        fingerprint: Hash of the real data.
        real_count: Real samples compared with.
        fake_count: Generated samples.
        generator: Where the samples come from: ``"ema"`` or ``"raw"`` weights, or a ``"folder"`` of images.
        seed: Seed of the generated samples.
        quantised: ``"uint8"`` if generated images were rounded to bytes; None for points.
        extractor: Name of the extractor, None for scores of samples themselves.
        weights_sha256: Hash of the extractor's weights.
        resize: Filter and size of the extractor's input.
        extractor_settings: Anything else the extractor states.
        settings: The metric's own settings.
        truncation: How typical the samples were asked to be, see `Game.require_truncation`; None where they were not.
        standing_statistics: Forwards that the generator's batch statistics are averaged over; None for those of
            training.
    """

    data: str
    fingerprint: str
    real_count: int
    fake_count: int
    generator: str
    seed: int
    quantised: str | None = None
    extractor: str | None = None
    weights_sha256: str | None = None
    resize: str | None = None
    extractor_settings: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    truncation: float | None = None
    standing_statistics: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain containers."""
        return asdict(self)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Protocol:
        """Rebuild from `as_dict`; a field of a later version is left out, a missing one is a TypeError."""
        known = {entry.name for entry in fields(cls)}
        return cls(**{name: value for name, value in facts.items() if name in known})

    @property
    def digest(self) -> str:
        """12 hexadecimal digits, the same for scores that may be compared."""
        return hashlib.sha256(json.dumps(self._measured(), sort_keys=True).encode()).hexdigest()[:12]

    def differences(self, other: Protocol) -> list[tuple[str, Any, Any]]:
        """Return ``(field, mine, theirs)`` wherever the two measure something else; see `RECORD_ONLY`."""
        mine, theirs = self._measured(), other._measured()
        names = [*mine, *(name for name in theirs if name not in mine)]
        return [(name, mine.get(name), theirs.get(name)) for name in names if mine.get(name) != theirs.get(name)]

    def _measured(self) -> dict[str, Any]:
        silent = RECORD_ONLY | {name for name in LATER if getattr(self, name) is None}
        flat: dict[str, Any] = {}
        for name, value in self.as_dict().items():
            if isinstance(value, Mapping):
                flat |= {f"{name}.{key}": inner for key, inner in value.items()}
            elif name not in silent:
                flat[name] = value
        return flat
