"""Functions of layers under PyTorch's top-level names, with the arguments that they take there."""
from math import prod

from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, optional, shapes, tensors

from . import channel_dropout, ctc, grouping, likelihoods, margins, normalization, pooling, pooling_kinds, units
from .embedding import embedding_cases
from .embedding_bag import bag_cases
from .entry import Entry, case, cases
from .functional import constant_pad_cases
from .loss import binary_cases
from .margins import signs

NUMBERS = {"none": 0, "mean": 1, "sum": 2, "batchmean": 7}


def numbered(drawn):
    """The same cases with a number for the reduction, and without its older words."""
    def changed(c):
        settings = {k: v for k, v in c.settings.items() if k not in ("size_average", "reduce")}
        if "reduction" in settings:
            settings["reduction"] = NUMBERS[settings["reduction"]]
        return case(*c.args, **settings)
    return drawn.map(changed)


def flagged(drawn, name):
    """The same cases, now and then with a switch that changes nothing."""
    return st.builds(lambda c, on: case(*c.args, **c.settings, **({name: on} if on is not OMIT else {})), drawn,
                     st.sampled_from((OMIT, True, False)))


def without(drawn, *names):
    """The same cases without these settings."""
    return drawn.map(lambda c: case(*c.args, **{k: v for k, v in c.settings.items() if k not in names}))


# ---- losses ----------------------------------------------------------------------------------------------------------

def bad_loss(name, *shapes_of, args=()):
    """Bad calls that the losses share; the shapes of their inputs, and what must follow them before the reduction."""
    ones = lambda torch, **how: [torch.ones(s, **how) for s in shapes_of]
    call = lambda torch, inputs, *more, **settings: getattr(torch, name)(*inputs, *args, *more, **settings)
    with_reduction = lambda torch, value: call(torch, ones(torch), **({} if args else {"reduction": value}))
    return {
        "shape": lambda torch: call(torch, [torch.ones(4, 5), *ones(torch)[1:]]),
        "reduction's type": lambda torch: with_reduction(torch, "mean") if not args else getattr(torch, name)(
            *ones(torch), *args[:-1], "mean"),
        "another reduction": lambda torch: with_reduction(torch, 5),
        "a truth for a reduction": lambda torch: with_reduction(torch, True),
        "a tensor for a reduction": lambda torch: with_reduction(torch, torch.tensor(2)),
        "dtype": lambda torch: call(torch, [*ones(torch)[:-1], "x"]),
        "argument": lambda torch: call(torch, ones(torch), size_average=False),
        "none": lambda torch: getattr(torch, name)(),
    }


@st.composite
def ranking_cases(draw):
    """Two inputs and labels that broadcast."""
    plain = draw(margins.ranking_cases())
    x, y, target = plain.args
    return case(x, y, target if draw(st.booleans()) else signs((), x.dtype, 3), margin=plain.settings.get("margin", OMIT),
                reduction=draw(st.sampled_from((OMIT, 0, 1, 2))))


def counted(c):
    """The case of poisson_nll_loss with everything in its place."""
    settings = c.settings
    return case(*c.args, settings.get("log_input", True), settings.get("full", False), settings.get("eps", 1e-8),
                NUMBERS[settings.get("reduction", "mean")])


LOSSES = [
    Entry("kl_div", numbered(likelihoods.divergence_cases()), bad=bad_loss("kl_div", (2, 3), (2, 3)) | {
        "position": lambda torch: torch.kl_div(torch.ones(2), torch.ones(2), 0, True)},
        formula=r"\ell_n = t_n (\log t_n - x_n)", source="torch.kl_div"),
    Entry("poisson_nll_loss", likelihoods.poisson_cases().map(counted),
          bad=bad_loss("poisson_nll_loss", (3,), (3,), args=(True, False, 1e-8, 1)) | {
              "not all": lambda torch: torch.poisson_nll_loss(torch.ones(2), torch.ones(2)),
              "a number for a truth": lambda torch: torch.poisson_nll_loss(torch.ones(2), torch.ones(2), 1, False, 1e-8, 1)},
          formula=r"\ell_n = e^{x_n} - t_n x_n", source="torch.poisson_nll_loss"),
    Entry("binary_cross_entropy_with_logits", numbered(binary_cases(logits=True)), differentiable=(0, 1),
          op="kernels.loss.binary_cross_entropy_with_logits",
          bad=bad_loss("binary_cross_entropy_with_logits", (2, 3), (2, 3)) | {
              "larger target": lambda torch: torch.binary_cross_entropy_with_logits(torch.ones(3), torch.ones(2, 3)),
              "smaller target": lambda torch: torch.binary_cross_entropy_with_logits(torch.ones(2, 3), torch.ones(3)),
              "weight": lambda torch: torch.binary_cross_entropy_with_logits(torch.ones(2, 3), torch.ones(2, 3), torch.ones(2))},
          formula=r"\ell_n = -w_n (p\,t_n \log \sigma(x_n) + (1 - t_n) \log (1 - \sigma(x_n)))",
          source="torch.binary_cross_entropy_with_logits"),
    Entry("margin_ranking_loss", ranking_cases(), differentiable=(0, 1), bad=bad_loss("margin_ranking_loss", (3,), (3,), (3,)) | {
        "margin": lambda torch: torch.margin_ranking_loss(*[torch.ones(3)] * 3, "x")},
        formula=r"\ell_n = \max(0, -t_n (x_n - y_n) + m)", source="torch.margin_ranking_loss"),
    Entry("hinge_embedding_loss", numbered(margins.pair_cases(margin=st.sampled_from((OMIT, 1.5)))), differentiable=(0,),
          bad=bad_loss("hinge_embedding_loss", (3,), (3,)) | {
              "margin": lambda torch: torch.hinge_embedding_loss(torch.ones(3), torch.ones(3), torch.ones(1))},
          formula=r"\ell_n = x_n \text{ if } t_n = 1, \ \max(0, m - x_n) \text{ if } t_n = -1", source="torch.hinge_embedding_loss"),
    Entry("cosine_embedding_loss", numbered(margins.cosine_cases()), differentiable=(0, 1),
          bad=bad_loss("cosine_embedding_loss", (2, 3), (2, 3), (2,)) | {
              "margin": lambda torch: torch.cosine_embedding_loss(torch.ones(2, 3), torch.ones(2, 3), torch.ones(2), None)},
          formula=r"\ell_n = 1 - \cos(x_n, y_n) \text{ if } t_n = 1, \ \max(0, \cos(x_n, y_n) - m) \text{ if } t_n = -1",
          source="torch.cosine_embedding_loss"),
    Entry("triplet_margin_loss", numbered(margins.triplet_cases()), bad=bad_loss("triplet_margin_loss", (2, 3), (2, 3), (2, 3)) | {
        "no margin": lambda torch: torch.triplet_margin_loss(torch.zeros(2, 3), torch.ones(2, 3), torch.ones(2, 3) * 3, 0.0),
        "negative margin": lambda torch: torch.triplet_margin_loss(torch.zeros(2, 3), torch.ones(2, 3) * 4, torch.ones(2, 3) * 3, -1),
        "swap's type": lambda torch: torch.triplet_margin_loss(*[torch.ones(2, 3)] * 3, 1.0, 2.0, 1e-6, 1)},
        formula=r"\ell = \max(0, d(a, p) - d(a, n) + m)", source="torch.triplet_margin_loss"),
    Entry("ctc_loss", numbered(ctc.ctc_cases()), order=1, numeric=False, op="kernels.ctc.ctc_loss",
          call=lambda torch, x, *args, **settings: torch.ctc_loss(x.log_softmax(-1), *args, **settings), bad={
              "shape": lambda torch: torch.ctc_loss(torch.ones(6, 3, 4, 2), torch.ones(3, 3), (6,) * 3, (3,) * 3),
              "dtype": lambda torch: torch.ctc_loss(torch.ones(6, 1, 4, dtype=torch.int64), torch.ones(1, 3), (6,), (3,)),
              "argument": lambda torch: torch.ctc_loss(torch.ones(6, 1, 4), torch.ones(1, 3), (6,), (3,), 0, "sum"),
              "another reduction": lambda torch: torch.ctc_loss(
                  torch.zeros(6, 1, 4), torch.ones(1, 3, dtype=torch.int64), torch.tensor([6]), torch.tensor([3]), 0, 5)},
          formula=r"\ell = -\log \sum_\pi \prod_t y_{t, \pi_t}", source="Graves et al. (2006), section 4.1",
          no_empty="torch refuses an empty batch", differences=("The gradient is a kernel of its own in torch, without a second one.",)),
]


# ---- tables ----------------------------------------------------------------------------------------------------------

def table_first(c):
    """The case of a table and indices, with a padding row that is a number or none."""
    indices, weight = c.args
    settings = dict(c.settings)
    if "padding_idx" in settings:
        settings["padding_idx"] = settings["padding_idx"] % len(weight)
    return case(weight, indices, **settings)


def bags(c):
    """The case of bags that offsets divide."""
    settings = dict(c.settings)
    settings["mode"] = ("sum", "mean", "max").index(settings["mode"])
    if "offsets" not in settings:
        return None
    given = {"scale_grad_by_freq": False, "mode": 0, "sparse": False, "per_sample_weights": None, "include_last_offset": False} | settings
    offsets = given.pop("offsets")
    return case(c.args[1], c.args[0], offsets, **(given if "padding_idx" in settings else {k: given[k] for k in settings if k in given}))


def look_into_bags(torch, weight, *args, **settings):
    """Results, and what else is returned; of float32 sums torch leaves the bags of the indices out now and then."""
    result, bag_of, count, best = torch.embedding_bag(weight, *args, **settings)
    return result, () if settings["mode"] == 0 else bag_of, count, best


def bag(torch, indices=(0, 1), offsets=(0,), weight=(4, 3), dtype=None, **settings):
    """embedding_bag of a table of ones."""
    return torch.embedding_bag(torch.ones(weight, dtype=dtype), torch.tensor(indices), torch.tensor(offsets), **settings)


TABLES = [
    Entry("embedding", embedding_cases().map(table_first), differentiable=(0,), numeric=False, op="kernels.embedding.embedding", bad={
        "shape": lambda torch: torch.embedding(torch.ones(4), torch.tensor([0])),
        "dtype": lambda torch: torch.embedding(torch.ones(4, 2), torch.ones(2)),
        "argument": lambda torch: torch.embedding(torch.ones(4, 2), torch.tensor([0]), None),
        "no such row": lambda torch: torch.embedding(torch.ones(4, 2), torch.tensor([4])),
        "no such padding": lambda torch: torch.embedding(torch.ones(4, 2), torch.tensor([3]), 7),
        "negative padding": lambda torch: torch.embedding(torch.ones(4, 2), torch.tensor([3]), -3),
        "other order": lambda torch: torch.embedding(torch.tensor([3]), torch.ones(4, 2)),
    }, formula=r"y = W_{i,:}", source="torch.embedding", no_empty="torch's own second order fails on no index",
          differences=("`sparse=True` is taken, but the gradient is dense.",)),
    Entry("embedding_bag", bag_cases().map(bags).filter(lambda c: c is not None), call=look_into_bags,
          differentiable=(0, "per_sample_weights"), order=1, numeric=False,
          no_empty="torch's gradient fails for tables without rows", bad={
        "shape": lambda torch: bag(torch, 0), "offsets' dimensions": lambda torch: bag(torch, offsets=((0,),)),
        "first offset": lambda torch: bag(torch, offsets=(1,)), "last offset": lambda torch: bag(torch, offsets=(0, 3)),
        "no offsets": lambda torch: torch.embedding_bag(torch.ones(4, 3), torch.tensor([0]), None),
        "dtype": lambda torch: bag(torch, (0.0, 1.0)), "mode": lambda torch: bag(torch, mode=3),
        "mode's type": lambda torch: bag(torch, mode="sum"), "no such row": lambda torch: bag(torch, (0, 4)),
        "weights of a mean": lambda torch: bag(torch, mode=1, per_sample_weights=torch.ones(2)),
        "padding": lambda torch: torch.embedding_bag(torch.ones(4, 3), torch.tensor([0]), torch.tensor([0]), False, 0, False, None, False,
                                                     4),
        "argument": lambda torch: torch.embedding_bag(torch.ones(4, 3)),
    }, formula=r"y_b = \sum_{k \in b} a_k\, W_{x_k}", source="torch.embedding_bag",
          differences=("Ours may be differentiated twice, torch's backward has no derivative.",
                       "The bag of each index is returned for sums too, where torch leaves it out when it does not need it.")),
]


# ---- normalization ---------------------------------------------------------------------------------------------------

def tracked(name):
    """A call of batch_norm or instance_norm, and the running statistics after it."""
    def run(torch, x, weight, bias, mean, var, *switches):
        mean, var = (None if s is None else s.clone() for s in (mean, var))
        return getattr(torch, name)(x, weight, bias, mean, var, *switches), mean, var
    return run


def in_places(switch):
    """Everything in its place, a switch among it."""
    def changed(c):
        x, mean, var = c.args
        given = [None if c.settings.get(k, OMIT) is OMIT else c.settings[k] for k in ("weight", "bias")]
        numbers = [c.settings.get("momentum", 0.1), c.settings.get("eps", 1e-5)]
        own = c.settings.get(switch, switch == "use_input_stats")
        return case(x, *given, mean, var, False if own is OMIT else own, *numbers, True)
    return changed


def bad_statistics(name):
    """Bad calls that batch_norm and instance_norm share."""
    def call(torch, shape=(2, 3, 4), weight=None, mean=None, var=None, own=True, momentum=0.1, dtype=None, last=(1e-5, True)):
        ones = [None if s is None else torch.ones(s) for s in (weight, mean, var)]
        x = torch.arange(prod(shape)).reshape(shape).to(dtype or torch.float32)
        return getattr(torch, name)(x, ones[0], None, *ones[1:], own, momentum, *last)
    return {
        "shape": lambda torch: call(torch, (3,)), "one value": lambda torch: call(torch, (1, 3, 1)),
        "weight's shape": lambda torch: call(torch, weight=(2,)), "statistics' shape": lambda torch: call(torch, mean=(2,), var=(2,)),
        "dtype": lambda torch: call(torch, dtype=torch.int64), "argument": lambda torch: call(torch, momentum=None),
        "no statistics": lambda torch: call(torch, own=False), "one statistic": lambda torch: call(torch, mean=(3,)),
        "switch's type": lambda torch: call(torch, own=1), "not all": lambda torch: call(torch, last=(1e-5,)),
        "no eps": lambda torch: call(torch, last=(0.0, False)), "no batch": lambda torch: call(torch, (0, 3, 4)),
    }


NORMALIZATION = [
    Entry("batch_norm", normalization.batch_norm_cases().map(in_places("training")), call=tracked("batch_norm"), differentiable=(0, 1, 2),
          op="kernels.normalization.batch_norm", bad=bad_statistics("batch_norm"),
          formula=r"y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \varepsilon}} \odot \gamma + \beta", source="torch.batch_norm"),
    Entry("instance_norm", grouping.instance_norm_cases().map(in_places("use_input_stats")), call=tracked("instance_norm"),
          differentiable=(0, 1, 2), bad=bad_statistics("instance_norm"), no_empty="torch has no gradient of the parameters there",
          formula=r"y_{n,c} = \frac{x_{n,c} - \mathrm{E}[x_{n,c}]}{\sqrt{\mathrm{Var}[x_{n,c}] + \varepsilon}}\, \gamma_c + \beta_c",
          source="torch.instance_norm"),
    Entry("group_norm", flagged(grouping.group_norm_cases(), "cudnn_enabled"), op="kernels.grouping.group_norm", tolerance=grouping.CLOSE,
          bad={
        "shape": lambda torch: torch.group_norm(torch.ones(3), 1), "channels": lambda torch: torch.group_norm(torch.ones(2, 3), 2),
        "dtype": lambda torch: torch.group_norm(torch.ones(2, 4, dtype=torch.int64), 2),
        "argument": lambda torch: torch.group_norm(torch.ones(2, 4), 2.0), "no groups": lambda torch: torch.group_norm(torch.ones(2, 4), 0),
        "negative": lambda torch: torch.group_norm(torch.ones(2, 4), -2), "one value": lambda torch: torch.group_norm(torch.ones(1, 4), 4),
        "weight": lambda torch: torch.group_norm(torch.ones(2, 4), 2, torch.ones(3)),
        "no tensor": lambda torch: torch.group_norm(torch.ones(2, 4), 2, [1.0] * 4),
    }, formula=r"y = \frac{x - \mathrm{E}_g[x]}{\sqrt{\mathrm{Var}_g[x] + \varepsilon}} \odot \gamma + \beta", source="torch.group_norm"),
    Entry("layer_norm", flagged(normalization.layer_norm_cases(), "cudnn_enable"), op="kernels.normalization.layer_norm", bad={
        "shape": lambda torch: torch.layer_norm(torch.ones(2, 3), (2,)), "argument": lambda torch: torch.layer_norm(torch.ones(2, 3), 3),
        "dtype": lambda torch: torch.layer_norm(torch.ones(2, 3, dtype=torch.int64), (3,)),
        "switch": lambda torch: torch.layer_norm(torch.ones(2, 3), (3,), None, None, 1e-5, 1),
    }, formula=r"y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \varepsilon}} \odot \gamma + \beta", source="torch.layer_norm"),
]


# ---- dropout ---------------------------------------------------------------------------------------------------------

def dropouts(name, drawn, shape, formula, source):
    """The entry of a dropout, in place too."""
    call = lambda torch, x, *args: getattr(torch, name)(x, *args)
    changing = lambda torch, *args, **how: getattr(torch, name + "_")(torch.ones(shape, **how), *args)
    return Entry(name, drawn, also=(name + "_",), random=True, memory=False, bad={
        "shape": lambda torch: call(torch, torch.ones(3), 0.5, True),
        "dtype": lambda torch: call(torch, torch.ones(shape, dtype=torch.int64), 0.5, True),
        "argument": lambda torch: call(torch, torch.ones(shape), 1.5, False),
        "negative": lambda torch: call(torch, torch.ones(shape), -0.5, True),
        "no switch": lambda torch: call(torch, torch.ones(shape), 0.5),
        "switch's type": lambda torch: call(torch, torch.ones(shape), 0.5, 1),
        "chance's type": lambda torch: call(torch, torch.ones(shape), "x", True),
        "chance in a tensor": lambda torch: call(torch, torch.ones(shape), torch.tensor(1.0), True),
        "leaf": lambda torch: changing(torch, 0.5, True, requires_grad=True),
        "leaf left alone": lambda torch: changing(torch, 0.5, False, requires_grad=True),
        "everything": lambda torch: changing(torch, 1.0, True),
        "chance in place": lambda torch: changing(torch, 1.5, True),
    }, formula=formula, source=source)


chances = channel_dropout.chances
plain = cases(tensors(), chances, st.sampled_from((True, True, False)))
DROPOUT = [
    dropouts("dropout", plain, (2, 3), r"y = x \odot m / (1 - p), \quad m \sim \mathrm{Bernoulli}(1 - p)",
             "Srivastava et al. (2014), Dropout"),
    dropouts("alpha_dropout", plain, (2, 3), channel_dropout.ALPHA, channel_dropout.SELF),
    dropouts("feature_dropout", channel_dropout.channel_cases(2, 4), (2, 3), channel_dropout.CHANNELS, channel_dropout.TOMPSON),
    dropouts("feature_alpha_dropout", channel_dropout.channel_cases(2, 4), (2, 3), channel_dropout.ALPHA, channel_dropout.SELF),
]


# ---- pooling, activation, padding ------------------------------------------------------------------------------------

def bad_pooling(name, dims):
    """Bad calls of a maximum."""
    call = lambda torch, shape=(2, 3, *(6,) * dims), kernel=2, **settings: getattr(torch, name)(torch.ones(shape), kernel, **settings)
    return {
        "shape": lambda torch: call(torch, (6,)[:dims - 1] or (6,)), "argument": lambda torch: call(torch, return_indices=True),
        "dtype": lambda torch: getattr(torch, name)("x", 2), "sizes": lambda torch: call(torch, kernel=(2,) * (dims + 1)),
        "no kernel": lambda torch: call(torch, kernel=0), "padding": lambda torch: call(torch, padding=2),
        "empty stride": lambda torch: call(torch, stride=()), "no stride": lambda torch: call(torch, stride=None),
    }


POOLING = [
    *(Entry(name, without(drawn, "return_indices"), bad=bad_pooling(name, dims), formula=r"y_i = \max_{k \in w_i} x_k",
            source=f"torch.{name}", differences=(pooling.VOID,))
      for name, dims, drawn in (("max_pool1d", 1, pooling_kinds.max_cases(1)), ("max_pool2d", 2, pooling.max_cases()),
                                ("max_pool3d", 3, pooling_kinds.max_cases(3)), ("max_pool1d_with_indices", 1, pooling_kinds.max_cases(1)))),
    Entry("adaptive_max_pool1d", pooling_kinds.adaptive_cases(1), bad={
        "shape": lambda torch: torch.adaptive_max_pool1d(torch.ones(3), 2), "dtype": lambda torch: torch.adaptive_max_pool1d("x", 2),
        "argument": lambda torch: torch.adaptive_max_pool1d(torch.ones(2, 3), 2, True),
    }, formula=r"y_i = \max_{k \in w_i} x_k", source="torch.adaptive_max_pool1d"),
]


def bad_activation(name, *args):
    """Bad calls of an activation."""
    call = lambda torch, x, *more, **settings: getattr(torch, name)(x, *args, *more, **settings)
    return {
        "shape": lambda torch: call(torch, [1.0]), "dtype": lambda torch: call(torch, torch.tensor([True, False])),
        "integers": lambda torch: call(torch, torch.tensor([-1, 2])), "argument": lambda torch: call(torch, torch.ones(2), inplace=True),
    }


ACTIVATION = [
    Entry("celu", cases(units.smooth(), optional(2.0)), op="kernels.units.celu", bad=bad_activation("celu") | {
        "zero": lambda torch: torch.celu(torch.ones(2), 0)}, formula=r"y = x \text{ if } x > 0 \text{ else } \alpha (e^{x/\alpha} - 1)",
        source=units.CELU),
    Entry("selu", cases(units.smooth()), op="kernels.units.elu", bad=bad_activation("selu"),
          formula=r"y = \lambda (x \text{ if } x > 0 \text{ else } \alpha (e^x - 1))", source=units.SELU),
    Entry("rrelu from a generator", cases(tensors(shapes(), avoid=(0.0,)), 0.25, 0.5), numeric=False,
          call=lambda torch, x, *bounds: torch.rrelu(x, *bounds, True, torch.Generator().manual_seed(3)),
          bad=bad_activation("rrelu") | {"generator": lambda torch: torch.rrelu(torch.ones(2), 0.1, 0.2, True, 3),
                                         "switch's type": lambda torch: torch.rrelu(torch.ones(2), 0.1, 0.2, 1)},
          formula=r"y = \max(x, 0) + s \min(x, 0), \quad s \sim \mathcal U(l, u)", source="Xu et al. (2015), section 2.4"),
    Entry("constant_pad_nd", constant_pad_cases().filter(lambda c: c.settings.get("value", 0) is not None), memory=False, bad={
        "shape": lambda torch: torch.constant_pad_nd(torch.ones(2), (1, 1, 1, 1)),
        "odd": lambda torch: torch.constant_pad_nd(torch.ones(2), (1,)), "argument": lambda torch: torch.constant_pad_nd(torch.ones(2), 1),
        "dtype": lambda torch: torch.constant_pad_nd(torch.ones(2), (1, 1), "x"),
        "more cut than there is": lambda torch: torch.constant_pad_nd(torch.ones(2), (-1, -2)),
    }, formula=r"y_{p + i} = x_i", source="torch.constant_pad_nd"),
]

ENTRIES = [*LOSSES, *TABLES, *NORMALIZATION, *DROPOUT, *POOLING, *ACTIVATION]
