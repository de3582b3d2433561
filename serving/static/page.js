// What Gradio's events call, and the switches of language and colours.

import { describe } from "./bundle.js";
import { compare } from "./compare.js";
import { show } from "./desk.js";
import { words } from "./dom.js";

const STATE = "mujaz-state";
const state = JSON.parse(sessionStorage.getItem(STATE) ?? "{}");
const remember = (change) => {
  Object.assign(state, change);
  try {
    sessionStorage.setItem(STATE, JSON.stringify(state));
  } catch {
    sessionStorage.removeItem(STATE); // too much text for the browser: the page works without
  }
};

const status = (name, message) => {
  const place = document.getElementById(`${name}-status`);
  if (place) place.textContent = message;
};

let afterCorrection = null;

// Gradio says some things in English whatever the language: names of drop zones and empty boxes, which go, so that
// their own words are read; of a few buttons; and messages of its own, which are said in the page's words.
const NAMED = "button.upload-container[aria-label], div.empty[aria-label]";
const NAMES = { Close: "close", "More tabs": "more_tabs" };
const MESSAGES = [
  [/^Invalid file type/, "wrong_kind"],
  [/maximum allowed size/, "large_file"],
  [/^Connection/, "connection"],
  [/^Queue is full/, "full"],
];
const rename = () => {
  if (!document.getElementById("mujaz-words")) return;
  document.querySelectorAll(NAMED).forEach((box) => box.removeAttribute("aria-label"));
  for (const [english, word] of Object.entries(NAMES)) {
    document.querySelectorAll(`button[aria-label="${english}"]`).forEach((button) => button.setAttribute("aria-label", words()[word]));
  }
  document.querySelectorAll('[data-testid="toast-text"]').forEach((box) => {
    const found = MESSAGES.find(([pattern]) => pattern.test(box.textContent.trim()));
    if (found) box.textContent = words()[found[1]];
  });
};
new MutationObserver(rename).observe(document.documentElement, { childList: true, subtree: true });

window.mujaz = {
  status,
  working(name) {
    document.getElementById(name)?.setAttribute("aria-busy", "true");
    status(name, words().working);
  },
  failed(name, word = "cannot") {
    document.getElementById(name)?.setAttribute("aria-busy", "false");
    status(name, words()[word]); // the message itself goes after some seconds
  },
  show(name, data) {
    const root = document.getElementById(name);
    if (!data || !root) return;
    const analysis = JSON.parse(data);
    const complete = Boolean(analysis.stances && analysis.summary);
    show(root, { ...analysis, corrections: complete && root.dataset.corrections === "yes" });
    root.setAttribute("aria-busy", String(!complete));
    if (complete) {
      status(name, words().done);
      remember({ data });
    }
  },
  compare(name, data) {
    const root = document.getElementById(name);
    if (!data || !root) return;
    compare(root, JSON.parse(data));
    root.setAttribute("aria-busy", "false");
    status(name, words().done);
  },
  // The first time a tab is opened its event comes before its content does.
  describe(name, info, tries = 300) {
    const root = document.getElementById(name);
    if (root) describe(root, JSON.parse(info));
    else if (tries) requestAnimationFrame(() => window.mujaz.describe(name, info, tries - 1));
  },
  save(text, kind) {
    if (!text) return;
    const type = kind === "html" ? "text/html" : "application/json";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
    link.download = `mujaz.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },
  correct(correction, done) {
    const box = document.querySelector("#outbox textarea, #outbox input");
    afterCorrection = done;
    box.value = JSON.stringify({ ...correction, nonce: `${Date.now()}` });
    box.dispatchEvent(new Event("input", { bubbles: true }));
  },
  corrected(answer) {
    status("desk", answer ? words().saved : "");
    if (answer) afterCorrection?.();
    afterCorrection = null;
  },
  switchLanguage() {
    remember({ text: document.querySelector("#text textarea")?.value ?? "" });
    const other = document.documentElement.lang === "en" ? "ar" : "en";
    document.cookie = `mujaz_language=${other}; path=/; max-age=31536000; SameSite=Lax`;
    location.reload();
  },
  switchTheme() {
    const dark = document.body.classList.toggle("dark");
    localStorage.setItem("mujaz-theme", dark ? "dark" : "light");
  },
  // After a reload (the other language): the text and the last result, as they were.
  restore() {
    const theme = localStorage.getItem("mujaz-theme");
    if (theme) document.body.classList.toggle("dark", theme === "dark");
    const typed = document.querySelector("#text textarea")?.value; // by somebody quicker than the page
    return [typed || (state.text ?? ""), state.data ?? ""];
  },
};
