"""torch.nn.functional: the layers as functions, a section a family, each written in a file of its own.

Source: https://docs.pytorch.org/docs/2.13/nn.functional.html
"""
# ---- linear ----------------------------------------------------------------------------------------------------------

from minitorch.nn._bilinear import bilinear
from minitorch.nn._linear import linear

# ---- convolution -----------------------------------------------------------------------------------------------------

from minitorch.nn._convolution import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d

# ---- pooling ---------------------------------------------------------------------------------------------------------

from minitorch.nn._pooling import adaptive_avg_pool2d, adaptive_max_pool2d, avg_pool2d, max_pool2d
from minitorch.nn._pooling_kinds import (
    adaptive_avg_pool1d, adaptive_avg_pool3d, adaptive_max_pool1d, adaptive_max_pool3d, avg_pool1d, avg_pool3d, lp_pool1d, lp_pool2d,
    lp_pool3d, max_pool1d, max_pool3d,
)
from minitorch.nn._fractional import (
    fractional_max_pool2d, fractional_max_pool2d_with_indices, fractional_max_pool3d, fractional_max_pool3d_with_indices,
)
from minitorch.nn._pooling_places import (
    adaptive_max_pool1d_with_indices, adaptive_max_pool2d_with_indices, adaptive_max_pool3d_with_indices, max_pool1d_with_indices,
    max_pool2d_with_indices, max_pool3d_with_indices,
)
from minitorch.nn._unpooling import max_unpool1d, max_unpool2d, max_unpool3d

# ---- attention -------------------------------------------------------------------------------------------------------

from minitorch.nn._attention import multi_head_attention_forward, scaled_dot_product_attention

# ---- activation ------------------------------------------------------------------------------------------------------

from minitorch.nn._activation import leaky_relu, leaky_relu_, relu, relu_, silu
from minitorch.nn._rectifiers import (
    hardshrink, hardsigmoid, hardswish, hardtanh, hardtanh_, prelu, relu6, rrelu, rrelu_, softshrink, tanhshrink, threshold, threshold_,
)
from minitorch.nn._softmax import gelu, log_softmax, softmax, softmin
from minitorch.nn._units import (
    celu, celu_, elu, elu_, glu, gumbel_softmax, logsigmoid, mish, selu, selu_, softplus, softsign,
)
from minitorch.ops.elementwise import sigmoid, tanh

# ---- dropout ---------------------------------------------------------------------------------------------------------

from minitorch.nn._channel_dropout import alpha_dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout
from minitorch.nn._dropout import dropout

# ---- normalization ---------------------------------------------------------------------------------------------------

from minitorch.nn._bilinear import local_response_norm
from minitorch.nn._distance import normalize
from minitorch.nn._grouping import group_norm, instance_norm, rms_norm
from minitorch.nn._normalization import batch_norm, layer_norm

# ---- embedding -------------------------------------------------------------------------------------------------------

from minitorch.nn._distance import one_hot
from minitorch.nn._embedding import embedding
from minitorch.nn._embedding_bag import embedding_bag

# ---- losses and distances --------------------------------------------------------------------------------------------

from minitorch.nn._distance import cosine_similarity, pairwise_distance, pdist
from minitorch.nn._likelihoods import gaussian_nll_loss, kl_div, poisson_nll_loss
from minitorch.nn._ctc import ctc_loss
from minitorch.nn._losses import (
    binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, huber_loss, l1_loss, linear_cross_entropy, mse_loss, nll_loss,
    smooth_l1_loss,
)
from minitorch.nn._margins import (
    cosine_embedding_loss, hinge_embedding_loss, margin_ranking_loss, multi_margin_loss, multilabel_margin_loss,
    multilabel_soft_margin_loss, soft_margin_loss, triplet_margin_loss, triplet_margin_with_distance_loss,
)

# ---- padding ---------------------------------------------------------------------------------------------------------

from minitorch.ops.padding import pad

# ---- rearranging -----------------------------------------------------------------------------------------------------

from minitorch.nn._grids import affine_grid, grid_sample
from minitorch.nn._interpolation import interpolate, upsample, upsample_bilinear, upsample_nearest
from minitorch.nn._rearranging import channel_shuffle, fold, native_channel_shuffle, pixel_shuffle, pixel_unshuffle, unfold
