"""What pooling windows have of their input."""
from typing import NamedTuple


class Windows(NamedTuple):
    """What each window has of rows and of columns: (its first position inside, a slice); where they begin; sizes."""

    rows: list
    columns: list
    starts: list                                     # of rows and of columns, also in the padding
    width: int                                       # of a window
    dilation: tuple
    inputs: tuple
