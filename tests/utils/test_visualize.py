"""utils.visualize: the graph as text for Graphviz and as SVG."""
import re
import xml.etree.ElementTree

import pytest

import minitorch as torch
from minitorch.utils.visualize import Layout, graph


def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))


def loss(model):
    h = model(torch.ones(5, 3))
    a, b = h.split([1, 1], 1)
    return (a * b + h.exp()).mean()


def edges(picture):
    return {(picture.nodes[s].title, node.title) for node in picture.nodes for s, _ in node.sources}


def test_boxes_and_arrows():
    picture = graph(loss(net()), net_ := net())
    assert "leaf" in [n.title for n in picture.nodes]                # another network's names say nothing
    picture = graph(loss(net_), net_)
    titles = [n.title for n in picture.nodes]
    assert titles[-1] == "output" and {"0.weight", "0.bias", "2.weight", "2.bias"} <= set(titles)
    assert {("0.weight", "AddmmBackward0"), ("AddmmBackward0", "TanhBackward0"), ("MeanBackward0", "output")} <= edges(picture)
    assert picture.nodes[titles.index("0.weight")].lines == ["(4, 3) float32"]
    assert all(s < k for k, node in enumerate(picture.nodes) for s, _ in node.sources)


def test_outputs_of_a_node_are_numbered():
    picture = graph(loss(net()))
    assert sorted(nr for node in picture.nodes for _, nr in node.sources if nr is not None) == [0, 1]
    assert "[label=1]" in picture.dot


def test_equal_programs_give_equal_text():
    one = net()
    first = graph(loss(one), one)
    again = graph(loss(one), one)                                    # the leaves are older than this graph
    other = net()
    assert first.dot == again.dot == graph(loss(other), other).dot and first.svg == again.svg


def test_the_drawing_is_svg_without_overlaps():
    picture = graph(loss(model := net()), model, keeps=True)
    root = xml.etree.ElementTree.fromstring(picture.svg)
    space = "{http://www.w3.org/2000/svg}"
    boxes = [tuple(float(r.get(k)) for k in ("x", "y", "width", "height")) for r in root.iter(space + "rect")]
    assert len(boxes) == len(picture.nodes)
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i]
                if a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]]
    width, height = float(root.get("width")), float(root.get("height"))
    assert all(x >= 0 and y >= 0 and x + w <= width + 1 and y + h <= height + 1 for x, y, w, h in boxes)
    at = Layout(picture.nodes)
    assert all(at.y[s] + at.height[s] < at.y[k] for k, node in enumerate(picture.nodes) for s, _ in node.sources)


def test_what_is_kept_is_said():
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    lines = graph((a * b).exp(), {"a": a, "b": b}, keeps=True).nodes
    assert [n.lines[-1] for n in lines if n.kind == "operation"] == ["keeps other, input", "keeps out"]


def test_names_are_escaped():
    a = torch.ones(2, requires_grad=True)
    picture = graph(a * 2, {'<a "quoted\\ name>': a})
    assert 'label="<a \\"quoted\\\\ name>' in picture.dot
    xml.etree.ElementTree.fromstring(picture.svg)


def test_several_outputs_and_names():
    a = torch.ones(2, requires_grad=True)
    assert [n.title for n in graph([a * 2, a + 1]).nodes if n.kind == "output"] == ["output 0", "output 1"]
    assert [n.title for n in graph({"loss": a.sum()}).nodes if n.kind == "output"] == ["loss"]


def test_saved_to_a_file(tmp_path):
    picture = graph(torch.ones(2, requires_grad=True).sum())
    picture.save(tmp_path / "a.svg")
    picture.save(tmp_path / "a.dot")
    assert (tmp_path / "a.svg").read_text() == picture.svg == picture._repr_svg_() and (tmp_path / "a.dot").read_text() == str(picture)


def test_what_has_no_history_is_refused():
    with pytest.raises(RuntimeError, match="does not require grad"):
        graph(torch.ones(2))
    with pytest.raises(TypeError, match="takes tensors, got int"):
        graph([3])


def test_deep_graphs():
    x = y = torch.ones(1, requires_grad=True)
    for _ in range(2000):
        y = y + 1.0
    picture = graph(y + x)
    assert len(picture.nodes) == 2003 and len(re.findall("<rect", picture.svg)) == 2003


def test_user_functions_and_custom_leaves():
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2
    x = torch.ones(3, requires_grad=True)
    assert [n.title for n in graph(Twice.apply(x), {"x": x}, keeps=True).nodes] == ["x", "TwiceBackward", "output"]
