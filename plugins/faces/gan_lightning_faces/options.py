"""What the commands of this family have in common."""

from __future__ import annotations

from typing import Annotated

import typer

DetectorOption = Annotated[str, typer.Option(help="What finds faces: package.module:Name of one of your own.")]
