"""What the pages claim, kept in the repository: the level of every measured quantity, so that a page never says what is no longer true.

Digits depend on the machine; levels (the same bits, at most 2 ulp, at most 64 ulp, more) hardly do. A difference by one level between the
first three is another processor's or library's rounding and is let pass; a quantity that was within 64 ulp and is not is a fault, and so
is an edge case that agreed and does not, or one that was said to differ and agrees.
"""
import json
from pathlib import Path

KEPT = Path(__file__).parent / "levels.json"


def faults(kept, built):
    """A sentence for every quantity of the built pages that is no longer what is kept."""
    found = []
    for slug, left in built.items():
        before, now = kept.get(slug), left["levels"]
        if before is None:
            found += [f"{slug}: a new page"] if now else []
            continue
        found += [f"{slug}: {name} is no longer measured" for name in before if name not in now]
        found += [f"{slug}: {name} is new" for name in now if name not in before]
        found += [f"{slug}: {name} was at level {before[name]}, and is at {level}" for name, level in now.items()
                  if name in before and changed(name, before[name], level)]
    return found + [f"{slug}: the page is gone" for slug in kept if slug not in built]


def changed(name, before, now):
    """Whether a level says something else than before."""
    return before != now and (name.startswith("edge:") or 3 in (before, now) or abs(before - now) > 1)


def read(path=KEPT):
    """What is kept: {slug: {quantity: level}}."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(built, path=KEPT):
    """Keep what was built, a line a page."""
    pages = {slug: left["levels"] for slug, left in sorted(built.items()) if left["levels"]}
    lines = [f"{json.dumps(slug)}: {json.dumps(found, ensure_ascii=False)}" for slug, found in pages.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
