"""Builds pages: which are old, in two processes, with progress; then the pages that gather."""
import hashlib
import importlib
import json
import multiprocessing
import os
import pkgutil
import re
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from ..libraries import limit_threads
from . import pages as kinds
from .context import HERE, Context, machine
from .run import above

ROOT = HERE.parent.parent
SHARED = ("comparisons/atlas", "comparisons/tracing.py", "comparisons/locals.py", "comparisons/checks/kernels.py", "comparisons/mutants.py",
          "comparisons/catalogue/study.py", "minitorch/autograd/operator.py", "minitorch/autograd/graph.py")
LIMIT, NODES = 300 * 1024, 4000


def pages():
    """All pages, those that gather last, each with the name of its kind."""
    found = []
    for module in sorted(m.name for m in pkgutil.iter_modules(kinds.__path__)):
        found += [replace(p, kind=module) for p in importlib.import_module(f"{kinds.__name__}.{module}").pages()]
    return sorted(found, key=lambda p: (p.gathers, ORDER.get(p.kind, 0), p.group, p.title))


ORDER = {"component": -1}                            # components first, then special pages


def named(names):
    """The pages of these names: slugs, entries' names, or anything that the catalogue finds; all without names.

    Raises:
        KeyError: if there is no such page.
    """
    every = pages()
    if not names:
        return every
    from ..catalogue import find
    chosen = []
    for name in names:
        plain = name.removesuffix(".html")
        about = subjects(find, name)
        match = [p for p in every if plain in (p.slug, p.kind)] or [p for p in every if p.subject and p.subject in about]
        if not match:
            raise KeyError(f"the atlas has no page about {name!r}; it has {', '.join(p.slug for p in every)}")
        chosen += match
    return list(dict.fromkeys(chosen))


def subjects(find, name):
    """The names of the entry that a name means and of those above the same kernel; none if it means none."""
    try:
        entry = find(name)
    except KeyError:
        return ()
    return (entry.name, *(above(entry.op) if entry.op else ()))


def fingerprint(page):
    """A hash of all that a page is made of: the atlas, what the page reads, the versions that measure."""
    digest = hashlib.sha256(repr((page, machine())).encode())
    for path in (*SHARED, *page.reads):
        for file in sorted((ROOT / path).rglob("*")) if (ROOT / path).is_dir() else [ROOT / path]:
            if file.suffix in (".py", ".html", ".css", ".js", ".woff2"):
                digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def one(page, before, after, folder, found=None):
    """Build one page into a folder; what it left for others, with its size, its time and what was wrong."""
    start = time.perf_counter()
    limit_threads()
    context = Context(page, before, after, found or {})
    try:
        html = importlib.import_module(f"{kinds.__name__}.{page.kind}").build(context)
    except Exception:                                # the other pages are still built
        return context.left | {"error": traceback.format_exc(), "seconds": time.perf_counter() - start}
    html = re.sub(r"\n\s*\n+", "\n", html)
    if len(html.encode()) > LIMIT:
        context.problems.append(f"the page weighs {len(html.encode()) / 1024:.0f} KB; at most {LIMIT // 1024}")
    write(folder / f"{page.slug}.html", html)
    nodes = len(re.findall(r"<[a-zA-Z]", re.sub(r"<script.*?</script>", "", html, flags=re.S)))
    if nodes > NODES:
        context.problems.append(f"the page has {nodes} elements; at most {NODES}")
    size = {"bytes": len(html.encode()), "nodes": nodes, "seconds": time.perf_counter() - start}
    return context.left | size


def write(path, text):
    """Write a file beside its final name first, so that a reader never meets half of it."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def build(names=(), folder=ROOT / "build/atlas", processes=2, fresh=False):
    """Yield ("page", what was left) for each page that is built and ("kept", ...) for those that are not old.

    The pages that gather are built whenever anything was, from what all the others left (`pages.json` in the folder).
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    notes = folder / "pages.json"
    known = json.loads(notes.read_text(encoding="utf-8")) if notes.exists() and not fresh else {}
    every, chosen = pages(), named(names)
    own = [p for p in every if not p.gathers]
    beside = {p.slug: (own[k - 1] if k else None, own[k + 1] if k + 1 < len(own) else None) for k, p in enumerate(own)}
    beside = {slug: [(p.slug, p.title) if p else None for p in pair] for slug, pair in beside.items()}
    known = {p.slug: known[p.slug] for p in every if p.slug in known}
    jobs = []
    for page in chosen:
        if not page.gathers:
            mark = hashlib.sha256((fingerprint(page) + repr(beside[page.slug])).encode()).hexdigest()
            last = known.get(page.slug, {})
            if last.get("mark") == mark and not last.get("error") and (folder / f"{page.slug}.html").exists():
                yield "kept", last
            else:
                jobs.append((page, mark))
    for page, mark, left in carried_out(jobs, beside, folder, processes):
        known[page.slug] = left | {"mark": mark}
        yield "page", left
        write(notes, json.dumps(known))
    found = {p.slug: known[p.slug] for p in own if p.slug in known}
    gathering = [p for p in every if p.gathers]
    for page in gathering:
        cards = found | {p.slug: Context(p).left for p in gathering}
        yield "page", one(page, None, None, folder, cards)
    write(folder / "search.js", search(found))


def carried_out(jobs, beside, folder, processes):
    """Yield (page, mark, what it left) as pages get ready."""
    if processes == 1 or len(jobs) < 2:
        for page, mark in jobs:
            yield page, mark, one(page, *beside[page.slug], folder)
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=limit_threads) as pool:
        tasks = {pool.submit(one, page, *beside[page.slug], folder): (page, mark) for page, mark in jobs}
        try:
            for task in as_completed(tasks):
                yield *tasks[task], task.result()
        finally:
            for task in tasks:
                task.cancel()


def search(found):
    """The search index, a script, since a page from a file may not fetch: [text, address, where, more]."""
    entries = []
    for left in found.values():
        names = f"torch.{left['subject']} " if left["subject"] else ""
        entries.append([left["title"], f"{left['slug']}.html", left["group"], f"{names}{left['lead']}"])
    for left in found.values():
        entries += [[text, f"{left['slug']}.html#{anchor}", where, more] for text, anchor, where, more in left["search"]]
    return "window.ATLAS=" + json.dumps(entries, ensure_ascii=False, separators=(",", ":")) + ";\n"
