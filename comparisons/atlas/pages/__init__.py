"""The kinds of pages: a module each, with `pages()` (a list of `comparisons.atlas.context.Page`) and `build(context)` (HTML)."""
