"""The embedded handwritten digits: 8,000 for training, 2,000 for testing, in MNIST's IDX format."""
import gzip
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "data" / "mnist10k"
FILES = {"train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
         "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")}
MEAN, STD = 0.1307, 0.3081


def read_idx(path):
    """The array in a gzipped IDX file: two zero bytes, the type (8: unsigned byte), the rank, the sizes (big-endian), then the values.

    Example:
        >>> read_idx(FOLDER / FILES["test"][1])[:8].shape
        (8,)
    """
    content = gzip.decompress(Path(path).read_bytes())
    zero, kind, rank = int.from_bytes(content[:2], "big"), content[2], content[3]
    if zero or kind != 8:
        raise ValueError(f"{path}: expected an IDX file of unsigned bytes (0 0 8 rank), got the first bytes {list(content[:4])}")
    sizes = np.frombuffer(content, ">u4", rank, 4)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * rank)
    if values.size != sizes.prod():
        raise ValueError(f"{path}: the header promises {sizes.tolist()} values, the file holds {values.size}; copy it again")
    return values.reshape(sizes)


def digits(part):
    """Images (N, 1, 28, 28) as float32, standardised, and labels (N,) as int64, of "train" or "test".

    Example:
        >>> images, labels = digits("test")
        >>> images.shape, images.dtype, labels.shape
        ((2000, 1, 28, 28), dtype('float32'), (2000,))
    """
    images, labels = (read_idx(FOLDER / name) for name in FILES[part])
    pixels = images[:, None].astype(np.float32) / np.float32(255)
    return (pixels - np.float32(MEAN)) / np.float32(STD), labels.astype(np.int64)
