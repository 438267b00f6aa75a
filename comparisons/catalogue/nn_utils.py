"""Gradient clipping and parameters as vectors."""
from hypothesis import strategies as st

from minitorch.testing.strategies import optional, shapes, tensor_lists, tensors

from .entry import Entry, Tolerance, case, cases

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils."
NORMS = st.sampled_from((2.0, 1, float("inf"), 3, 0.5))
SUMS = Tolerance("sums of powers are added up in another order", float32=128)


def parameters(torch, gradients):
    """A parameter for each gradient, and one without."""
    found = [torch.nn.Parameter(torch.zeros_like(g)) for g in gradients]
    for p, g in zip(found, gradients):
        p.grad = g.detach().clone()
    return [*found, torch.nn.Parameter(torch.zeros(1))]


def clipped(name):
    """Clip by the function of this name; what it returns, and the gradients after."""
    def call(torch, gradients, *args, **settings):
        ps = parameters(torch, gradients)
        total = getattr(torch.nn.utils, name)(ps, *args, **settings)
        return total, [p.grad for p in ps[:-1]]
    return call


def joined(torch, tensors):
    """One vector of parameters that are computed."""
    return torch.nn.utils.parameters_to_vector(t * 1 for t in tensors)


def taken_apart(torch, vector, tensors):
    """Parameters that were filled from a vector, whose memory they share."""
    ps = parameters(torch, tensors)[:-1]
    vector = vector.detach().clone()
    torch.nn.utils.vector_to_parameters(vector, ps)
    vector.add_(1)
    return [p.detach() for p in ps]


@st.composite
def vector_cases(draw):
    """Tensors, and a vector as long as all of them."""
    several = draw(tensor_lists(shapes(0, 2), strided=False))
    return case(draw(tensors((sum(t.size for t in several),), str(several[0].dtype), strided=False)), several)


def bad_clip(name):
    """Bad calls that the clipping functions share."""
    function = lambda torch: getattr(torch.nn.utils, name)
    return {"argument": lambda torch: function(torch)(parameters(torch, [torch.ones(2)])),
            "no parameters": lambda torch: function(torch)(3, 1.0),
                  "type": lambda torch: function(torch)(parameters(torch, [torch.ones(2)]), "x"),
            "dtype": lambda torch: function(torch)(parameters(torch, [torch.ones(2, dtype=torch.float16)]), torch.float16),
            "shape": lambda torch: function(torch)(parameters(torch, [torch.ones(0)]), 1.0)}


NOT_FINITE = {"not finite": lambda torch: torch.nn.utils.clip_grad_norm_(parameters(torch, [torch.tensor([float("nan")])]), 1.0,
                                                                         error_if_nonfinite=True)}
ENTRIES = [
    Entry("nn.utils.clip_grad_norm_", cases(tensor_lists(shapes(0, 2, 1)), st.sampled_from((0.5, 2, 100.0, 0.0)), optional(NORMS)),
          call=clipped("clip_grad_norm_"), differentiable=(), order=0, tolerance=SUMS, bad=bad_clip("clip_grad_norm_") | NOT_FINITE,
          formula=r"g \leftarrow g \min\left(1, \frac{c}{\|g\| + 10^{-6}}\right)",
                no_empty="torch has no largest value of an empty gradient",
          source="Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural networks, algorithm 1"),
    Entry("nn.utils.clip_grads_with_norm_", cases(tensor_lists(shapes(0, 2)), st.sampled_from((0.5, 3.0)), tensors((),
          "float32", low=0.25)),
          call=clipped("clip_grads_with_norm_"), differentiable=(), order=0, bad=bad_clip("clip_grads_with_norm_"),
          formula=r"g \leftarrow g \min\left(1, \frac{c}{n + 10^{-6}}\right)", source=DOCS + "clip_grads_with_norm_.html"),
    Entry("nn.utils.get_total_norm", cases(tensor_lists(shapes(0, 2, 1)), optional(NORMS)), differentiable=(), order=0, tolerance=SUMS,
          bad={"argument": lambda torch: torch.nn.utils.get_total_norm(),
                "type": lambda torch: torch.nn.utils.get_total_norm([torch.ones(2)], "x"),
               "shape": lambda torch: torch.nn.utils.get_total_norm([]),
               "dtype": lambda torch: torch.nn.utils.get_total_norm([torch.tensor([1])]),
               "not finite": lambda torch: torch.nn.utils.get_total_norm([torch.tensor([float("inf")])], 2.0, True)},
          formula=r"n = \left(\sum_i |g_i|^p\right)^{1/p}", no_empty="torch has no largest value of an empty tensor",
          source=DOCS + "get_total_norm.html"),
    Entry("nn.utils.clip_grad_value_", cases(tensor_lists(shapes(0, 2)), st.sampled_from((0.5, 2, 0.0))),
          call=clipped("clip_grad_value_"), differentiable=(), order=0, bad=bad_clip("clip_grad_value_"),
          formula=r"g \leftarrow \min(\max(g, -c), c)", source=DOCS + "clip_grad_value_.html"),
    Entry("nn.utils.parameters_to_vector", cases(tensor_lists(shapes(0, 2))), call=joined, memory=False,
          bad={"argument": lambda torch: torch.nn.utils.parameters_to_vector(),
                "type": lambda torch: torch.nn.utils.parameters_to_vector([3]),
               "shape": lambda torch: torch.nn.utils.parameters_to_vector([]), "dtype": lambda torch: torch.nn.utils.parameters_to_vector(
                   [torch.ones(1), torch.ones(1, dtype=torch.int64)])},
          source=DOCS + "parameters_to_vector.html"),
    Entry("nn.utils.vector_to_parameters", vector_cases(), call=taken_apart, differentiable=(), order=0, memory=False,
          bad={"argument": lambda torch: torch.nn.utils.vector_to_parameters(torch.ones(2)),
               "type": lambda torch: torch.nn.utils.vector_to_parameters([1.0], [torch.nn.Parameter(torch.ones(1))]),
               "shape": lambda torch: torch.nn.utils.vector_to_parameters(torch.ones(1), [torch.nn.Parameter(torch.ones(2))]),
               "dtype": lambda torch: torch.nn.utils.vector_to_parameters(torch.tensor([1]), [torch.nn.Parameter(torch.ones(1))])},
          source=DOCS + "vector_to_parameters.html"),
]
