"""Words of the form ``key.sub=value`` on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from gan_lightning.errors import UserError
from gan_lightning.recipe.numbers import refuse_odd_numbers


def read_settings(words: Sequence[str], example: str) -> dict[str, Any]:
    """Read ``key.sub=value`` words into nested mappings; values are YAML.

    Args:
        words: The words.
        example: A right one, for the message.

    Raises:
        UserError: A word is not of that form.
    """
    for word in words:
        if "=" not in word:
            raise UserError(f"{word}: expected key=value, such as {example}")
    try:
        found = OmegaConf.to_container(OmegaConf.from_dotlist(list(words)))
    except (OmegaConfBaseException, yaml.YAMLError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise UserError(f"{' '.join(words)}: cannot be read: {error}") from error
    refuse_odd_numbers(found)
    return found  # type: ignore[return-value]
