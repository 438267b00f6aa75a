"use strict";
{
  const root = document.documentElement, one = (s, e = document) => e.querySelector(s), all = (s, e = document) => [...e.querySelectorAll(s)];

  // The theme follows the system until the reader chooses.
  one("#theme").addEventListener("click", () => {
    const dark = getComputedStyle(root).getPropertyValue("--dark").trim() === "1";
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.theme = root.dataset.theme; } catch { /* a page from a file may not be allowed to */ }
  });

  // A variable lights up everywhere through one rule in one style sheet.
  const data = one("script#data"), dock = one("#dock");
  if (data) {
    const facts = JSON.parse(data.textContent), sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [sheet];
    let pinned = null, lit = null;

    const light = name => {
      if (name === lit) return;
      lit = name;
      sheet.replaceSync(name === null ? "" :
        `[data-v="${name}"]{background:var(--mark);color:var(--mark-ink)!important;border-radius:3px;box-shadow:0 0 0 2px var(--mark)}`);
    };
    const part = (tag, text, style) => {
      const e = document.createElement(tag);
      e.textContent = text;
      if (style) e.className = style;
      return e;
    };
    const tell = name => {
      const fact = facts[name];
      if (!fact) return;
      const titles = ["shape", "difference", "largest", "same bits", "each element", "values"];
      const cells = titles.map((title, k) => [title, fact[k + 1]]).filter(([, value]) => value).map(([title, value]) => {
        const span = part("span", "");
        span.append(part("i", title), " ");
        span.insertAdjacentHTML("beforeend", value);                 // the page's own numbers, with raised exponents
        return span;
      });
      one("output", dock).replaceChildren(part("b", name, "dn"), part("span", fact[0], "dm"), ...cells);
      dock.hidden = false;
    };
    const pin = name => {
      pinned = name;
      light(name);
      for (const b of all("button[data-v]")) b.setAttribute("aria-pressed", b.dataset.v === name);
      if (name === null) dock.hidden = true; else tell(name);
    };
    const over = event => {
      if (pinned !== null) return;
      const at = event.target.closest?.("[data-v]");
      light(at ? at.dataset.v : null);
      if (at) tell(at.dataset.v);
    };
    document.addEventListener("pointerover", over);
    document.addEventListener("focusin", over);
    document.addEventListener("click", event => {
      const at = event.target.closest("[data-v]");
      if (at) pin(at.dataset.v === pinned ? null : at.dataset.v);
      else if (event.target.closest("#dock button")) pin(null);
    });
    document.addEventListener("keydown", event => { if (event.key === "Escape") pin(null); });

    const follow = () => {
      const id = decodeURIComponent(location.hash.slice(1));
      if (id.startsWith("v-")) pin(id.slice(2));
      document.getElementById(id)?.closest("details")?.setAttribute("open", "");
    };
    addEventListener("hashchange", follow);
    follow();

    // The quiz hides the backward; a click or Enter shows a line.
    one("#quiz")?.addEventListener("change", event => {
      for (const row of all("[id^=code-][id*=backward] .row + .row")) {
        row.classList.toggle("hid", event.target.checked);
        if (event.target.checked) row.tabIndex = 0; else row.removeAttribute("tabindex");
      }
    });
    const show = event => {
      const row = event.target.closest(".hid");
      if (row && (event.type === "click" || event.key === "Enter")) row.classList.remove("hid");
    };
    document.addEventListener("click", show);
    document.addEventListener("keydown", show);
    addEventListener("beforeprint", () => { for (const d of all("details")) d.open = true; });
  }

  // The section that is being read is marked in the bar.
  const links = new Map(all("nav.here a[href^='#']").map(a => [a.hash.slice(1), a]));
  if (links.size) {
    const watch = new IntersectionObserver(list => {
      for (const entry of list) if (entry.isIntersecting) {
        for (const a of links.values()) a.removeAttribute("aria-current");
        const a = links.get(entry.target.id), bar = a.parentNode;
        a.setAttribute("aria-current", "true");
        bar.scrollLeft = a.offsetLeft - bar.offsetLeft - bar.clientWidth / 2 + a.clientWidth / 2;
      }
    }, {rootMargin: "-15% 0px -80% 0px"});
    for (const id of links.keys()) { const section = document.getElementById(id); if (section) watch.observe(section); }
  }

  // The search: its index is a script, since a page from a file may not fetch.
  const box = one("input#q");
  if (box) {
    const hits = one("#hits");
    const plain = text => text.toLowerCase().replaceAll("_", "").replace(/\b(torch\.)?(nn\.(functional\.)?|optim\.)/g, "");    // nn.L1Loss is l1_loss
    const score = ([title, , , more], words) => words.reduce((sum, word) => {
      const text = plain(title), at = text.indexOf(word);
      return sum + (text === word ? 8 : at === 0 ? 5 : at > 0 ? 3 : plain(more).includes(word) ? 1 : -99);
    }, 0);
    const item = ([title, href, where, more]) => {
      const li = document.createElement("li"), a = document.createElement("a");
      a.href = href;
      for (const [tag, text] of [["strong", title], ["span", where], ["small", more]]) {
        const e = document.createElement(tag);
        e.textContent = text;
        a.append(e);
      }
      li.append(a);
      return li;
    };
    box.addEventListener("input", () => {
      const words = plain(box.value).split(/\s+/).filter(Boolean);
      const found = words.length ? (window.ATLAS ?? []).map(entry => [score(entry, words), entry]).filter(([s]) => s > 0)
        .sort((a, b) => b[0] - a[0]).slice(0, 60) : [];
      hits.replaceChildren(...found.map(([, entry]) => item(entry)));
      if (words.length && !found.length) {
        const none = document.createElement("li");
        none.className = "none";
        none.textContent = "Nothing found.";
        hits.append(none);
      }
    });
    document.addEventListener("keydown", event => {
      if (event.key === "/" && event.target !== box) { event.preventDefault(); box.focus(); }
      const found = all("a", hits), at = found.indexOf(document.activeElement);
      if (event.key === "ArrowDown" && (event.target === box || at >= 0)) { event.preventDefault(); found[at + 1]?.focus(); }
      if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (found[at - 1] ?? box).focus(); }
      if (event.key === "Enter" && event.target === box) found[0]?.click();
    });
  }
}
