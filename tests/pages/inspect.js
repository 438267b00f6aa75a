// What a test asks of an open page. Nothing here leaves a trace in it, and nothing waits.
"use strict";
globalThis.inspect = (() => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const seen = e => e.checkVisibility({contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true});
  const short = e => e.outerHTML.replace(/\s+/g, " ").slice(0, 90);

  // ---- colours: what is behind a text is put together from its ancestors' backgrounds
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true}), known = new Map();
  const rgba = colour => {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((v, k) => v * a + under[k] * (1 - a));
  const light = colour => colour.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const once = function_ => {                        // what it says of an element, asked once for each
    const said = new Map();
    return e => { if (!said.has(e)) said.set(e, function_(e)); return said.get(e); };
  };
  const grounds = () => {                            // the colour behind an element
    const behind = once(e => {
      if (!e) return rgba("Canvas").slice(0, 3);
      const colour = rgba(getComputedStyle(e).backgroundColor);
      return colour[3] === 1 ? colour.slice(0, 3) : colour[3] ? over(colour, behind(e.parentElement)) : behind(e.parentElement);
    });
    return behind;
  };
  const opacities = () => { const opacity = once(e => e ? getComputedStyle(e).opacity * opacity(e.parentElement) : 1); return opacity; };
  const texts = () => {
    const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const e = walk.currentNode.parentElement;
      if (walk.currentNode.data.trim() && seen(e) && !e.closest("script,style,.skip,.hid") &&
        getComputedStyle(e).clipPath === "none") found.push([walk.currentNode, e]);
    }
    return found;
  };
  const contrast = least => {
    const bad = new Map(), behind = grounds(), opacity = opacities();
    for (const [node, e] of texts()) {
      const style = getComputedStyle(e), [r, g, b, a] = rgba(e.closest("svg") ? style.fill : style.color), ground = behind(e);
      const found = ratio(over([r, g, b, a * opacity(e)], ground), ground), kind = `${e.localName}.${e.getAttribute("class") ?? ""}`;
      if (found < least) bad.set(kind, `${kind} “${node.data.trim().slice(0, 24)}” has a contrast of ${found.toFixed(2)}`);
    }
    return [...bad.values()];
  };

  // ---- layout
  const wide = () => {
    const root = document.documentElement, edge = root.clientWidth, more = root.scrollWidth - edge;      // with touch, innerWidth grows
    if (more <= 0) return [];
    const beyond = e => e.getBoundingClientRect().right > edge + 0.5 && !e.closest(".scroll, .here, .rhs, .display");
    const widest = all("body *").filter(beyond).pop();
    return [`wider than the window by ${more} px${widest ? `: ${short(widest)}` : ""}`];
  };
  const scrolls = e => e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX) && seen(e);
  const scrollers = () => all("body *").filter(e => scrolls(e) && !e.closest(".eq, .display") &&
    !(e.tabIndex >= 0 && e.getAttribute("aria-label")) && !e.querySelector("a, button, input")).map(short);
  const cut = () => {
    const bad = [];
    for (const [node, e] of texts()) {
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      for (let at = e; at && at !== document.body; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (!/hidden|clip/.test(style.overflowX) || style.textOverflow === "ellipsis" || at.closest("svg")) continue;
        const edge = at.getBoundingClientRect();
        const out = box.right > edge.right + 1.5 || box.left < edge.left - 1.5;
        if (out) bad.push(`“${node.data.trim().slice(0, 40)}” is cut by ${short(at)}`);
        break;
      }
    }
    return bad.slice(0, 5);
  };
  const level = () => all(".row").map(row => {
    const [ours, between, theirs] = [...row.children].map(e => e.getBoundingClientRect());
    if (Math.abs(ours.top - theirs.top) > 0.5) return `${row.id}: its sides start ${(theirs.top - ours.top).toFixed(1)} px apart`;
    const ordered = ours.right <= between.left + 1 && between.right <= theirs.left + 1;
    if (!ordered) return `${row.id}: ours, measured, reference are not in this order`;
    return Math.abs(ours.width - theirs.width) > 1 ? `${row.id}: its sides are not as wide as each other` : "";
  }).filter(Boolean);
  const shown = selector => { const e = document.querySelector(selector); return !!e && seen(e) && e.getBoundingClientRect().height > 0; };
  const inView = id => {                             // of a section, its heading
    const at = document.getElementById(id), e = at?.tagName === "SECTION" ? at.querySelector("h2") : at, r = e?.getBoundingClientRect();
    if (!r || !seen(e)) return false;
    const y = Math.max(r.top, 0) + Math.min(4, r.height / 2), x = Math.min(r.left + r.width / 2, innerWidth - 4);
    return r.top >= 0 && r.top < innerHeight && !document.elementFromPoint(x, y)?.closest(".top, #dock");
  };

  // ---- structure
  const ids = () => all("[id]").map(e => e.id);
  const links = () => all("a[href], link[href], script[src], img[src], use[href]")
    .map(e => e.getAttribute("href") ?? e.getAttribute("src"));
  const references = () => ["for", "aria-controls", "aria-labelledby", "aria-describedby"].flatMap(name => all(`[${name}]`)
    .flatMap(e => e.getAttribute(name).split(/\s+/).map(id => [name, id])));
  const headings = () => all("h1,h2,h3,h4,h5,h6").filter(e => e.checkVisibility()).map(e => [+e.tagName[1], e.textContent.trim()]);

  // ---- variables
  const occurrences = name => all(`[data-v="${name}"]`).filter(seen);
  const marked = () => {
    const mark = getComputedStyle(document.documentElement).getPropertyValue("--mark"), probe = document.createElement("i");
    probe.style.cssText = "forced-color-adjust:none;background:var(--mark)";
    document.body.append(probe);
    const colour = getComputedStyle(probe).backgroundColor;
    probe.remove();
    return e => mark && getComputedStyle(e).backgroundColor === colour;
  };
  const lit = name => occurrences(name).map(marked());
  const alight = () => { const is = marked(); return [...new Set(all("[data-v]").filter(e => seen(e) && is(e)).map(e => e.dataset.v))]; };
  const places = {ours: ".code.o", reference: ".code.t", formula: "math", table: "#variables th"};
  const sides = name => Object.fromEntries(Object.entries(places).map(([k, s]) => [k, all(`${s} [data-v="${name}"]`).length]));
  const variables = () => all("#variables button[data-v]").map(e => e.dataset.v);

  // ---- the code, as it is shown: [function, file, side, line, text, marked names]
  const code = () => all(".pair").flatMap(pair => ["o", "t"].flatMap(side => all(`.row > .code.${side} > .ln`, pair).map(number => {
    const line = number.nextElementSibling, file = pair.querySelector(`.colheads .${side} small`).textContent;
    return [pair.id, file, side, +number.textContent, line.textContent, all("[data-v]", line).map(e => [e.dataset.v, e.textContent])];
  })));
  const tables = id => all(`#${id} tbody tr`).map(row => [...row.cells].map(c => [c.textContent.trim(), c.className]));
  const chips = () => Object.fromEntries(all(".pair").map(pair => [pair.id.slice(5), all(".row", pair).map(row => {
    const chip = row.querySelector(".m .chip[class*=' l']");
    return chip && [/ l(\d)/.exec(chip.className)[1], chip.querySelector(".w").textContent];
  })]));
  const verdict = () => Object.fromEntries(all(".verdict > div").map(e => [...e.children].slice(0, 2).map(x => x.textContent)));

  return {all, seen, contrast, wide, scrollers, cut, level, shown, inView, ids, links, references, headings, lit, alight, sides, variables,
    code, tables, chips, verdict, rgba, text: e => e.innerText.replace(/\s+/g, " ")};
})();
