// Choosing a stretch of a paragraph's words, with mouse, finger or keyboard.

import { el, shown } from "./dom.js";

// Every word is a button. One press takes a word, a press on another one stretches the choice to it,
// one more begins anew; arrows go from word to word, Delete takes the choice back.
export function picker(text, title, chosen, w) {
  const tokens = Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => ({ word, index }));
  const state = { from: -1, to: -1, open: false };
  const buttons = tokens.map(({ word }, number) => {
    const button = el("button", { type: "button", tabindex: number ? "-1" : "0", "aria-pressed": "false" }, shown(word));
    button.addEventListener("click", () => press(number));
    return button;
  });
  const told = el("output", { "aria-live": "polite" });
  const take = (from, to, open) => {
    Object.assign(state, { from, to, open });
    buttons.forEach((button, number) => button.setAttribute("aria-pressed", String(number >= from && number <= to)));
    told.replaceChildren(...(from < 0 ? [w.nothing_chosen] : ["«", ...shown(value().words), "»"]));
  };
  const press = (number) => {
    const { from, to, open } = state;
    if (open && number === from) take(-1, -1, false);
    else if (open) take(Math.min(from, number), Math.max(to, number), false);
    else take(number, number, true);
  };
  // The chosen words without the marks around them, and their offset in code points; -1 for none.
  const value = () => {
    if (state.from < 0) return { words: "", start: -1 };
    const first = tokens[state.from].index;
    const last = tokens[state.to];
    const stretch = text.slice(first, last.index + last.word.length);
    const words = stretch.replace(/^[\p{P}\p{S}]+(?=.)|(?<=.)[\p{P}\p{S}]+$/gu, "");
    return { words, start: Array.from(text.slice(0, first + stretch.indexOf(words))).length };
  };
  const box = el("div", { class: "picker", role: "group", "aria-label": title, dir: "rtl" }, buttons);
  box.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const steps = { ArrowLeft: 1, ArrowDown: 1, ArrowRight: -1, ArrowUp: -1, Home: -at, End: buttons.length - 1 - at };
    if (event.key === "Delete" || event.key === "Backspace") take(-1, -1, false);
    else if (event.key in steps) {
      const next = buttons[Math.max(0, Math.min(buttons.length - 1, at + steps[event.key]))];
      buttons.forEach((button) => button.setAttribute("tabindex", button === next ? "0" : "-1"));
      next.focus();
    } else return;
    event.preventDefault();
  });
  if (chosen) {
    const inside = ({ index, word }) => index < chosen.end && index + word.length > chosen.start;
    take(tokens.findIndex(inside), tokens.findLastIndex(inside), false);
  } else take(-1, -1, false);
  return { field: el("fieldset", {}, el("legend", {}, title), told, box), value };
}
