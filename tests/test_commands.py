"""The commands: what they print, what they refuse, and with which status they end."""
import math
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from comparisons import catalogue, live, train
from comparisons.__main__ import app
from comparisons.bench import geometric_mean
from comparisons.benchmarks import BENCHMARKS
from comparisons.catalogue import ENTRIES, Entry, cases
from comparisons.catalogue.limits import LIMITS, limits
from comparisons.chart import Series, chart
from comparisons.coverage import families
from comparisons.libraries import environment
from comparisons.show import align, page, source
from comparisons.surface import SURFACE, reasons
from comparisons.terminal import console
from minitorch.testing.strategies import tensors

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setattr(console, "_width", 200)


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def in_a_process(*arguments, code=None):
    command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "comparisons"]
    return subprocess.run([*command, *arguments], cwd=ROOT, env=environment() | {"COLUMNS": "200"}, capture_output=True, text=True)


PLANTED = Entry("exp", cases(tensors()), call=lambda torch, x: torch.exp(x) * (1.001 if torch.__name__ == "minitorch" else 1))


@pytest.fixture
def planted(monkeypatch):
    """The catalogue holds one right component and one that is not equal to torch's."""
    catalogue_of = {"tanh": Entry("tanh", cases(tensors())), "exp": PLANTED}
    monkeypatch.setattr(catalogue, "ENTRIES", catalogue_of)
    return catalogue_of


# ---- list and show ---------------------------------------------------------------------------------------------------

def test_list_names_every_component_and_counts():
    result = run("list")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert len(lines) == len(catalogue.ENTRIES) + 1
    assert lines[-1].startswith(f"{len(catalogue.ENTRIES)} components, ")
    assert any(line.startswith("tanh ") and "Tensor.tanh_" in line for line in lines)


def test_show_has_formula_forward_and_derivative():
    result = run("show", "tanh")
    assert result.exit_code == 0
    for part in ("y = tanh x", "def tanh(input)", "@tanh.derivative", "1 - out * out"):
        assert part in result.output


def test_show_finds_a_component_by_any_of_its_names():
    assert run("show", "Tensor.tanh_").output == run("show", "torch.tanh").output == run("show", "tanh").output


def test_show_sets_ours_and_the_reference_side_by_side():
    result = run("show", "nn.functional.layer_norm", "--width", "160")
    assert result.exit_code == 0, result.output
    assert "reference (PyTorch)" in result.output
    both = [line for line in result.output.splitlines() if line.count("def layer_norm_backward(") == 2]
    assert len(both) == 1


def test_show_interleaves_when_narrow():
    out = run("show", "nn.functional.layer_norm", "--width", "80").output
    assert "reference (PyTorch)" not in out
    assert re.search(r"^torch +xhat = xc \* rstd", out, re.M)
    assert max(map(cell_len, out.splitlines())) <= 80


@pytest.mark.parametrize("name", catalogue.ENTRIES)
def test_every_component_can_be_shown(name):
    with Console(width=120, file=open("/dev/null", "w")) as out:
        out.print(page(name, 120))


def test_align_keeps_every_line():
    ours, theirs = "a = 1\nb = 2\nc = 3", "a = one\nx = 0\nc = three"
    rows = align(ours, theirs)
    assert [a for a, _ in rows if a is not None] == ours.splitlines()
    assert [b for _, b in rows if b is not None] == theirs.splitlines()
    assert ("a = 1", "a = one") in rows and ("c = 3", "c = three") in rows


def test_source_cuts_docstrings_to_one_line():
    def documented():
        """One line.

        More.
        """
        return 1
    assert source(documented).splitlines() == ["def documented():", '    """One line."""', "    return 1"]


# ---- wrong names -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, near", [
    (("show", "tanhh"), "tanh"), (("check", "nn.functional.layernorm"), "layer_norm"), (("bench", "lstmm"), "lstm"),
    (("train", "digit"), "digits"),
])
def test_a_wrong_name_suggests_the_nearest(arguments, near):
    result = run(*arguments)
    assert result.exit_code == 2
    assert near in result.output


def test_a_wrong_option_is_refused():
    assert run("train", "--model", "resnet").exit_code == 2
    assert run("check", "tanh", "--examples", "0").exit_code == 2


# ---- check -----------------------------------------------------------------------------------------------------------

def test_check_prints_seed_table_and_verdict():
    result = run("check", "tanh", "--examples", "5", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert "seed 3" in result.output
    assert re.search(r"tanh .* equal", result.output)
    assert "1 of 1 components equal" in result.output


def test_check_ends_with_1_when_a_component_differs(planted):
    result = run("check", "--examples", "5", "--processes", "1")
    assert result.exit_code == 1
    assert "DIFFERS" in result.output and "1 of 2 components equal" in result.output
    assert "repeat: python -m comparisons check exp --seed 0" in result.output


def test_check_in_two_processes_ends_with_0():
    result = in_a_process("check", "tanh", "exp", "--examples", "3")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 of 2 components equal" in result.stdout


def test_a_planted_difference_reaches_the_shell():
    code = ("import sys; from comparisons.__main__ import app; from comparisons import catalogue; from tests.test_commands import PLANTED; "
            "catalogue.ENTRIES['exp'] = PLANTED; app(sys.argv[1:])")
    result = in_a_process("check", "exp", "--examples", "3", code=code)
    assert result.returncode == 1
    assert "DIFFERS" in result.stdout


def test_check_locals_compares_variables():
    result = run("check", "nn.LSTM", "--locals", "--examples", "3")
    assert result.exit_code == 0, result.output
    assert "gates" in result.output and "shared variables equal" in result.output


# ---- the main job ----------------------------------------------------------------------------------------------------

def made_up_runs(drift=1e-7, accuracy=0.95, steps=40):
    """Our run, torch's, and torch's without oneDNN, with losses as far apart as asked for."""
    rng = np.random.default_rng(0)
    losses = 2.0 * np.exp(-np.arange(steps) / 20) + 0.1
    runs = []
    for label, scale in (("minitorch", drift), ("torch", 0.0), ("torch without oneDNN", 1e-7)):
        made = train.Run(label, label.split()[0], losses=list(losses * (1 + scale * rng.uniform(0.5, 1, steps))))
        made.epochs = [{"epoch": 1, "loss": 0.5, "accuracy": accuracy if label == "minitorch" else 0.95, "seconds": 1.0}]
        runs.append(made)
    return runs


@pytest.fixture
def quick(monkeypatch, planted):
    """The main job with made-up training; returns a function that runs it with these runs and entries."""
    def compare(folder, runs=None, names=("tanh",)):
        monkeypatch.setattr(catalogue, "ENTRIES", {name: planted[name] for name in names})
        monkeypatch.setattr(live, "train", lambda *_: runs or made_up_runs())
        return run("compare", "--examples", "3", "--processes", "1", "--folder", folder)
    return compare


def test_compare_ends_with_0_and_says_so_in_its_last_line(quick, tmp_path):
    result = quick(tmp_path)
    assert result.exit_code == 0, result.output
    last = result.output.strip().splitlines()[-1]
    assert last.startswith("Equal: 1 of 1 components equal; largest loss difference ")
    assert "accuracies 95.00% and 95.00%" in last and last.endswith(f"report: {tmp_path}/report.html")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def failed_run():
    runs = made_up_runs()
    runs[0].error = "RuntimeError: planted"
    return runs


@pytest.mark.parametrize("runs, names, word", [
    (made_up_runs(), ("tanh", "exp"), "1 of 2 components equal"),
    (made_up_runs(drift=1e-4), ("tanh",), "over the bound"),
    (made_up_runs(accuracy=0.97), ("tanh",), "97.00%"),
    (failed_run(), ("tanh",), "training failed"),
], ids=["a component differs", "losses part", "accuracies part", "training fails"])
def test_compare_ends_with_1(quick, tmp_path, runs, names, word):
    result = quick(tmp_path, runs, names)
    assert result.exit_code == 1
    last = result.output.strip().splitlines()[-1]
    assert last.startswith("Not equal: ") and word in last
    assert "not equal" in (tmp_path / "report.html").read_text()


class References(HTMLParser):
    """What a page asks the network for."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href", "srcset", "data", "action", "poster") and not (value or "").startswith("#"):
                self.found.append((tag, name, value))


def test_the_report_is_one_file_without_network_references(quick, tmp_path):
    quick(tmp_path, names=("tanh", "exp"))
    text = (tmp_path / "report.html").read_text()
    references = References()
    references.feed(text)
    assert references.found == []
    assert not re.search(r"https?://|@import|url\(", text)
    assert text.count("<svg") == 2 and "exp" in text and "viewport" in text and "prefers-color-scheme: dark" in text


def test_the_report_is_written_beside_and_renamed(quick, tmp_path):
    (tmp_path / "report.html").write_text("old")
    before = (tmp_path / "report.html").stat().st_ino
    quick(tmp_path)
    assert (tmp_path / "report.html").stat().st_ino != before


# ---- the judgement of a training -------------------------------------------------------------------------------------

def test_bounds_are_strict_over_the_first_steps_and_follow_the_spread_later():
    limit = train.limits([1e-3] * 30)
    assert (limit[:10] == 1e-5).all() and (limit[10:] == 1e-2).all()
    assert (train.limits([0.0] * 30) == 1e-5).all()


@pytest.mark.parametrize("step, kept", [(3, False), (20, True)])
def test_a_difference_of_5e_5_is_judged_by_its_step(step, kept):
    runs = made_up_runs(drift=0.0)
    runs[0].losses[step] *= 1 + 5e-5
    runs[2].losses[15] *= 1 + 1e-5
    found = train.agreement(*runs)
    assert found.losses_hold is kept
    assert found.first_excess == (None if kept else step + 1)


def test_a_loss_that_is_not_a_number_breaks_the_bounds():
    runs = made_up_runs()
    runs[0].losses[5] = math.nan
    assert not train.agreement(*runs).losses_hold


def test_a_run_that_fails_says_why():
    lane = [train.Run("broken", "no_such_library")]
    assert list(train.events([lane], "lenet", 1, 0)) == []
    assert "no_such_library" in lane[0].error


@pytest.mark.slow
def test_train_with_both_libraries():
    result = in_a_process("train", "digits", "--epochs", "1")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"epoch 1 +minitorch loss [\d.]+ accuracy [\d.]+% .* torch loss [\d.]+ accuracy", result.stdout)
    assert "bounds kept" in result.stdout


# ---- bench -----------------------------------------------------------------------------------------------------------

def test_bench_times_both_libraries():
    result = run("bench", "tiny", "--rounds", "2", "--no-memory")
    assert result.exit_code == 0, result.output
    assert re.search(r"tiny .* ms .* ms .*\d\.\d\d", result.output)
    assert "Geometric mean" in result.output


def test_bench_lists_its_programs():
    out = run("bench", "--list").output
    assert "lenet" in out and "LSTM" in out


def test_bench_times_operators_forward_and_backward():
    result = run("bench", "--operators", "cross", "isnan", "--rounds", "1")
    assert result.exit_code == 0, result.output
    assert re.search(r"cross backward .* ms .* ms .*\d\.\d\d", result.output)
    assert "isnan" in result.output and "isnan backward" not in result.output


def test_every_family_of_differentiable_functions_has_one_that_is_timed():
    timed = {row.entry for row in SURFACE.values()}
    differentiable = [(module, entries) for module, _, entries in families() if any(e.kind == "function" and e.order for e in entries)]
    missing = {module for module, entries in differentiable if not timed & {n for e in entries for n in (e.public, *e.proven)}}
    assert missing == {"attributes", "data", "derivatives", "nn_utils", "schedulers"}, "no operators, but what programs do with them"
    assert not set(SURFACE) & set(BENCHMARKS)


def test_a_slow_operator_says_why():
    assert reasons({"tan": 1.9}) == []
    (name, ratio, why), unknown = reasons({"abs": 2.1, "tan backward": 3.0})
    assert (name, ratio) == ("tan backward", 3.0) and "NumPy's tan" in why and unknown == ("abs", 2.1, "")


def test_what_is_said_of_slow_components_is_measured():
    timed = {row.entry for row in SURFACE.values()}
    assert set(limits()) <= timed, set(limits()) - timed
    assert not set(LIMITS) & {entry.public for entry in ENTRIES.values() if entry.limit}


def test_the_geometric_mean():
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)


# ---- the charts ------------------------------------------------------------------------------------------------------

def test_a_chart_survives_zeros_and_nan():
    text = chart([Series("ours", "a <b>", [0.0, 1e-3, math.nan, 2.0])], "step", "loss", "what it says")
    points = re.search(r'points="([^"]+)"', text)[1].split()
    assert len(points) == 3
    assert "a &lt;b&gt;" in text and 'aria-label="what it says"' in text
