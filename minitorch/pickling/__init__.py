"""Pickles of checkpoints, written and read without running code.

The bytes are those of Python's pickle protocol 2 with PyTorch's names in them, so either library reads what the other wrote.
Reading is an interpreter of its own: a name in the file only ever selects one of the constructors of `reader.CALLS` and
`reader.NAMED`, and what these take is checked. Nothing is imported, no attribute of a class is set, and nothing that the file made is
called.
"""
from minitorch.pickling.reader import Reader
from minitorch.pickling.writer import Writer

__all__ = ["Reader", "Writer"]
