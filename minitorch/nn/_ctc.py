"""`nn.functional`: connectionist temporal classification."""
from minitorch.backend import array_module, device_name, outside, to_device, to_host
from minitorch.dtypes import int64
from minitorch.kernels import ctc
from minitorch.nn._losses import _reduction
from minitorch.nn._softmax import check_tensor
from minitorch.ops.choosing import clamp_min
from minitorch.ops.data import tensor
from minitorch.tensor import Tensor, wrap


def _lengths(name, given):
    """Lengths as Python's integers: every limit below is one.

    Raises:
        RuntimeError: they are not integers.
    """
    if isinstance(given, Tensor):
        if given.is_floating_point():
            raise RuntimeError(f"{name} must be integral, got {given.dtype}")
        given = given.reshape(-1).tolist()
    return [given] if isinstance(given, int) else list(given)


def _padded(targets, lengths):
    """Labels (N, S) of targets (N, S), or one after the other in one dimension; places past a sequence's own hold label 0."""
    xp, longest = array_module(), max(lengths, default=0)
    given = to_host(targets.long()._array)
    labels = xp.zeros((len(lengths), longest), xp.int64)
    starts = [sum(lengths[:n]) for n in range(len(lengths))]
    for n, (start, length) in enumerate(zip(starts, lengths)):
        labels[n, :length] = given[start:start + length] if given.ndim == 1 else given[n, :length]
    return labels


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """-log of the chance that a path through the classes, without repeats and blanks, spells the targets.

    Args:
        log_probs: log-probabilities (T, N, C), or (T, C) of one sequence, as log_softmax gives them. The gradient is the one with respect
            to the scores below that, as in torch.
        targets: labels (N, S), of which a sequence's own come first; or all sequences one after the other, (sum of lengths,).
        input_lengths, target_lengths: a length for each sequence, in a tensor or a tuple.
        blank: the class that stands for no label.
        reduction: "mean" (each loss over its target's length, then the mean over the batch), "sum" or "none".
        zero_infinity: whether sequences that no path can spell count 0, loss and gradient.

    Raises:
        RuntimeError: shapes, dtypes or lengths do not fit.
        IndexError: a label is no class.

    Example:
        >>> import minitorch as torch
        >>> log_probs = torch.zeros(3, 1, 2).log_softmax(2)
        >>> torch.nn.functional.ctc_loss(log_probs, torch.tensor([[1, 1]]), (3,), (2,), reduction="sum")
        tensor(2.0794)

    Source: Graves et al. (2006), Connectionist Temporal Classification, section 4.1
    """
    check_tensor("ctc_loss", log_probs, "log_probs")
    check_tensor("ctc_loss", targets, "targets", 2)
    reduction = _reduction(reduction)
    single = log_probs.ndim == 2
    if log_probs.ndim not in (2, 3):
        raise RuntimeError(f"log_probs must have 2 or 3 dimensions, (T, C) or (T, N, C), got {log_probs.ndim}")
    if single:
        log_probs = log_probs.unsqueeze(1)
    T, batch, classes = log_probs.shape
    if log_probs.numel() == 0:
        raise RuntimeError("log_probs tensor must not be empty")
    if not 0 <= blank < classes:
        raise RuntimeError(f"blank must be in label range: 0 to {classes - 1}, got {blank}")
    lengths, sizes = _lengths("input_lengths", input_lengths), _lengths("target_lengths", target_lengths)
    for name, given in (("input_lengths", lengths), ("target_lengths", sizes)):
        if len(given) != batch:
            raise RuntimeError(f"{name} must be of size batch_size: expected {batch} lengths, got {len(given)}")
        if min(given) < 0:
            raise RuntimeError(f"Expected {name} to have value at least 0, got {min(given)}")
    if single and targets.ndim == 2 and len(targets) != 1 or targets.ndim not in (1, 2):
        raise RuntimeError(f"Expected targets of 1 or 2 dimensions, got shape {list(targets.shape)}")
    if targets.ndim == 1 and sum(sizes) != len(targets):
        raise RuntimeError(f"Expected {sum(sizes)} targets, the sum of target_lengths, got {len(targets)}")
    if targets.ndim == 2 and (len(targets) != batch or max(sizes) > targets.shape[1]):
        raise RuntimeError(f"Expected targets to have a row for each of {batch} sequences, of {max(sizes)} labels at least, got shape "
                           f"{list(targets.shape)}")
    if max(lengths) > T:
        raise RuntimeError(f"Expected input_lengths to have value at most {T}, but got value {max(lengths)}")
    if log_probs.dtype.itemsize < 4 or not log_probs.is_floating_point():
        raise NotImplementedError(f"ctc_loss is not implemented for {log_probs.dtype}: use float32 or float64")
    here = device_name(log_probs._array)
    integers = lambda values: wrap(to_device(values, here))
    counts = [integers(tensor(values, dtype=int64)._array) for values in (lengths, sizes)]
    labels = _padded(targets, sizes)
    wrong = outside(labels, 0, classes - 1)
    if wrong is not None:
        raise IndexError(f"targets must be classes from 0 to {classes - 1}, got {wrong}")
    loss = ctc.ctc_loss(log_probs, integers(labels), *counts, blank=blank, zero_infinity=zero_infinity)
    if reduction == "none":
        return loss.squeeze(0) if single else loss
    return loss.sum() if reduction == "sum" else (loss / clamp_min(counts[1], 1)).mean()
