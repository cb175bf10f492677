"""What this family offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_lightning.hookspecs import hookimpl

if TYPE_CHECKING:
    import typer


@hookimpl
def architectures() -> dict[str, str]:
    """One encoder, and a decoder and a discriminator for each of two identities."""
    return {
        "face_swap": "gan_lightning_faces.face_swap:FACE_SWAP",
        "face_swap_v2": "gan_lightning_faces.face_swap:FACE_SWAP_V2",
    }


@hookimpl
def games() -> dict[str, str]:
    """The game in which faces are swapped."""
    return {"face_swap": "gan_lightning_faces.game:FaceSwap"}


@hookimpl
def datasets() -> dict[str, str]:
    """Faces of two identities that never lived."""
    return {"drawn_faces": "gan_lightning_faces.drawn_faces:DrawnFaces"}


@hookimpl
def commands(cli: typer.Typer) -> None:
    """Subcommands that cut faces out of pictures, and swap them in pictures."""
    from gan_lightning_faces import faces_command, swap_command

    faces_command.register(cli)
    swap_command.register(cli)
