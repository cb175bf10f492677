"""The networks of face swap."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.origin import Origin
from gan_lightning_faces.decoder import AttendingFaceDecoder, FaceDecoder
from gan_lightning_faces.discriminator import AttendingFaceDiscriminator, FaceDiscriminator
from gan_lightning_faces.encoder import AttendingFaceEncoder, FaceEncoder

FACE_SWAP_ORIGIN = Origin(
    "the public code deepfakes/faceswap, one encoder with two decoders, and shaoanlu/faceswap-GAN",
    2018,
    None,
    descends_from=("least_squares", "cgan"),
    cures=("image quality",),
)

FACE_SWAP = Architecture(
    {
        "encoder": FaceEncoder,
        "decoder_source": FaceDecoder,
        "decoder_target": FaceDecoder,
        "discriminator_source": FaceDiscriminator,
        "discriminator_target": FaceDiscriminator,
    },
    FACE_SWAP_ORIGIN,
)

FACE_SWAP_V2 = Architecture(
    {
        "encoder": AttendingFaceEncoder,
        "decoder_source": AttendingFaceDecoder,
        "decoder_target": AttendingFaceDecoder,
        "discriminator_source": AttendingFaceDiscriminator,
        "discriminator_target": AttendingFaceDiscriminator,
    },
    FACE_SWAP_ORIGIN,
)
