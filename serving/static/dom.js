// Building pages from data. Every text goes through textContent: nothing that came from outside is parsed as HTML.

export const words = () => JSON.parse(document.getElementById("mujaz-words").textContent);

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") node.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Bidi embeddings, overrides and isolates, and control characters: shown, never obeyed.
const UNSAFE = /[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

export function shown(text) {
  const parts = text.split(new RegExp(`(${UNSAFE.source})`));
  return parts.filter(Boolean).map((part) => {
    if (!UNSAFE.test(part)) return part;
    const code = part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return el("bdi", { class: "control" }, `U+${code}`);
  });
}

export const percent = (share) => el("bdi", {}, `${share >= 1 ? 100 : Math.min(Math.floor(share * 100 + 0.5), 99)}%`);
export const SIGNS = { favor: "+", against: "−", neutral: "○" };

export function stanceName(stance, w) {
  return `${SIGNS[stance.stance]} ${w[stance.stance]}${stance.conditional ? ` (${w.conditional})` : ""}`;
}

export const holderName = (stance, w) => (stance.holder ? shown(stance.holder.text) : [w.unnamed]);
export const topicName = (topic) => (document.documentElement.lang === "en" ? topic.en : topic.ar);

// A link to a place on this page that works with any address and any <base>.
export function jump(id, attributes, ...children) {
  const go = (event) => {
    event.preventDefault();
    const place = document.getElementById(id);
    if (!place) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    place.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "center" });
    place.focus({ preventScroll: true });
    document.querySelectorAll(".desk .here").forEach((node) => node.classList.remove("here"));
    place.classList.add("here");
  };
  return el("a", { href: `#${id}`, ...attributes, onclick: go }, ...children);
}

export function section(title, attributes, ...children) {
  return el("section", { "aria-label": title, ...attributes }, el("h2", {}, title), ...children);
}

export function table(attributes, head, rows) {
  const header = el("tr", {}, head.map((cell) => el("th", { scope: "col" }, cell)));
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": attributes["aria-label"] },
    el("table", attributes, el("thead", {}, header), el("tbody", {}, rows)),
  );
}
