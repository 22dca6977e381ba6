// Keys of the triage page. All that they do is done by a link or a form that is on the page without them.
"use strict";
(() => {
  const OFF = "auscult-keys-off";
  const help = document.getElementById("help");
  const box = document.getElementById("keys-on");
  const rows = [...document.querySelectorAll("a[data-row]")];
  const one = (selector) => document.querySelector(selector);

  const move = (step) => {
    if (!rows.length) {
      one(step > 0 ? ".above a[rel=next]" : ".above a[rel=prev]")?.click();
      return;
    }
    const at = rows.indexOf(document.activeElement);
    rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
  };
  const send = (act) => one(`#act-${act}`)?.requestSubmit();
  const write = (field) => document.getElementById(field)?.focus();

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    u: () => one("a[data-up]")?.click(),
    "]": () => one(".pages a[rel=next]")?.click(),
    a: () => send("acknowledge"),
    c: () => send("confirm"),
    x: () => send("reject"),
    e: () => send("escalate"),
    s: () => write("silence-reason"),
    n: () => write("note-note"),
    r: () => write("lint-draft"),
    p: () => one("a[data-checks]")?.click(),
    "?": () => help.showModal(),
  };
  if (one("[data-check]")) {
    KEYS.y = () => send("yes");
    KEYS.n = () => send("no");
    KEYS.s = () => one("a[data-skip]")?.click();
  }
  if (rows.length) {
    KEYS.ArrowDown = KEYS.j;
    KEYS.ArrowUp = KEYS.k;
  } else {
    KEYS.ArrowRight = KEYS.j;
    KEYS.ArrowLeft = KEYS.k;
  }

  box.checked = localStorage.getItem(OFF) !== "yes";
  box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "no" : "yes"));
  one("[data-help]").addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, select, textarea");
    if (field && event.key === "Escape") field.blur();
    if (field || help.open || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (!box.checked && event.key.length === 1 && event.key !== "?") return;
    const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined;
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
