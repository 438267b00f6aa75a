"""Arrays as pictures of a few bytes, and the visits of a loop as tiny bars."""
import base64
import struct
import zlib

import numpy as np
from markupsafe import Markup

BELOW, ABOVE = (37, 111, 214), (232, 112, 36)


def png(rgba):
    """A PNG file of a (height, width, 4) array of bytes."""
    height, width, _ = rgba.shape
    raw = b"".join(b"\0" + row.tobytes() for row in rgba)
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)


def picture(value, most=32):
    """A pixel for each number, at most 32 by 32: blue below zero, orange above, clear at zero."""
    a = np.nan_to_num(np.asarray(value, np.float64), posinf=0, neginf=0)
    if not a.size:
        return ""
    a = a.reshape(-1, a.shape[-1]) if a.ndim else a.reshape(1, 1)
    a = (a.T if a.shape[0] > a.shape[1] else a)[:most, :most]
    t = a / (np.abs(a).max() or 1)
    rgba = np.zeros((*a.shape, 4), np.uint8)
    rgba[..., :3] = np.where(t[..., None] < 0, BELOW, ABOVE)
    rgba[..., 3] = 255 * np.abs(t) ** 0.7
    height, width = a.shape
    unit = max(3, min(8, 40 // height, 128 // width))
    data = base64.b64encode(png(rgba)).decode()
    return Markup(f'<img class="px" alt="" width="{width * unit}" height="{height * unit}" src="data:image/png;base64,{data}">')


def spark(gaps, most=16):
    """Bars for the visits of a statement, "" for one alone: the first and the last of many."""
    if len(gaps) < 2:
        return ""
    shown = gaps if len(gaps) <= most else [*gaps[:most // 2], *gaps[-most // 2:]]
    levels = [min(np.log2(1 + g.ulp), 64) if g.alike else 64 for g in shown]
    top = max(max(levels), 1)
    bars = "".join(f"M{2 * k + 0.5:g} 10V{10 - max(1, 9 * v / top):.1f}" for k, v in enumerate(levels))
    return Markup(f'<svg class="sp" viewBox="0 0 {2 * len(shown)} 10" width="{2 * len(shown)}" height="10" aria-hidden="true">'
                  f'<path d="{bars}"/></svg>')
