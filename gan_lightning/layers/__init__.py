"""Public building blocks for networks."""

from __future__ import annotations

from gan_lightning.layers.checks import at_least
from gan_lightning.layers.conditional_norm import (
    BatchNorm2d,
    ConditionalBatchNorm2d,
    ModulatedBatchNorm2d,
    Unnormalized,
    batch_norm,
)
from gan_lightning.layers.equalised import EQUALIZED, Equalized, EqualizedConv2d, EqualizedLinear
from gan_lightning.layers.fir_resampling import Blur, FIRDownsample, FIRUpsample, fir_kernel, fir_resample
from gan_lightning.layers.fully_connected import hidden_layers
from gan_lightning.layers.heads import LinearHead, ProjectionHead, head
from gan_lightning.layers.initialisation import glorot_uniform, normal, orthogonal, uniform
from gan_lightning.layers.labels import with_labels
from gan_lightning.layers.minibatch_discrimination import MinibatchDiscrimination
from gan_lightning.layers.minibatch_stddev import MinibatchStddev
from gan_lightning.layers.pixel_norm import PixelNorm
from gan_lightning.layers.probing import asked_once
from gan_lightning.layers.processes import mean_over_processes
from gan_lightning.layers.pyramid import doublings
from gan_lightning.layers.resampling import ConvPool, UpsampleConv, conv_pool, unfused, upsample_conv
from gan_lightning.layers.residual import DownBlock, FirstDownBlock, PlainBlock, UpBlock
from gan_lightning.layers.self_attention import SelfAttention
from gan_lightning.layers.spectral_norm import (
    SNConv2d,
    SNEmbedding,
    SNLinear,
    SpectralNorm,
    held_power_iteration,
)
from gan_lightning.layers.standing_statistics import standing_statistics
from gan_lightning.layers.virtual_batch_norm import ReferenceBatch, VirtualBatchNorm
from gan_lightning.layers.weight_norm import WEIGHT_NORM, WNConv2d, WNLinear
from gan_lightning.layers.weights import PLAIN, SPECTRAL, Conv2d, Embedding, LayerSet, Linear

__all__ = [
    "EQUALIZED",
    "PLAIN",
    "SPECTRAL",
    "WEIGHT_NORM",
    "BatchNorm2d",
    "Blur",
    "ConditionalBatchNorm2d",
    "Conv2d",
    "ConvPool",
    "DownBlock",
    "Embedding",
    "Equalized",
    "EqualizedConv2d",
    "EqualizedLinear",
    "FIRDownsample",
    "FIRUpsample",
    "FirstDownBlock",
    "LayerSet",
    "Linear",
    "LinearHead",
    "MinibatchDiscrimination",
    "MinibatchStddev",
    "ModulatedBatchNorm2d",
    "PixelNorm",
    "PlainBlock",
    "ProjectionHead",
    "ReferenceBatch",
    "SNConv2d",
    "SNEmbedding",
    "SNLinear",
    "SelfAttention",
    "SpectralNorm",
    "Unnormalized",
    "UpBlock",
    "UpsampleConv",
    "VirtualBatchNorm",
    "WNConv2d",
    "WNLinear",
    "asked_once",
    "at_least",
    "batch_norm",
    "conv_pool",
    "doublings",
    "fir_kernel",
    "fir_resample",
    "glorot_uniform",
    "head",
    "held_power_iteration",
    "hidden_layers",
    "mean_over_processes",
    "normal",
    "orthogonal",
    "standing_statistics",
    "unfused",
    "uniform",
    "upsample_conv",
    "with_labels",
]
