// Correcting in place: a small form where the mistake is. The page's script sends what it gives.

import { SIGNS, el, shown, topicName } from "./dom.js";
import { picker } from "./picker.js";

const choices = () => JSON.parse(document.getElementById("mujaz-topics").textContent);
const STANCES = ["favor", "against", "neutral"];

// A button and the form that it opens; `correction` gives what is sent, `noted` what is said of it afterwards.
function form(view, place, button, title, parts, correction, noted) {
  const { w } = view;
  const id = view.id(`form${place}`);
  const name = field(id, w.your_name, el("input", { type: "text", maxlength: "100" }));
  const opener = el("button", { type: "button", class: "edit", "aria-expanded": "false", "aria-controls": id, "aria-label": title }, button);
  const box = el("form", { class: "correction", id, hidden: "", "aria-label": title, dir: document.documentElement.dir });
  const notes = el("span", { class: "notes" });
  const toggle = (open) => {
    box.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
  };
  const close = () => {
    toggle(false);
    opener.focus();
  };
  opener.addEventListener("click", () => {
    toggle(box.hidden);
    if (box.hidden) return;
    name.input.value ||= sessionStorage.getItem("mujaz-annotator") ?? "";
    box.querySelector("select, input").focus();
  });
  box.append(
    el("b", {}, title),
    ...parts,
    name.label,
    el("span", { class: "buttons" }, el("button", { type: "submit", class: "save" }, w.save), el("button", { type: "button", onclick: close }, w.cancel)),
  );
  box.addEventListener("keydown", (event) => event.key === "Escape" && close());
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("mujaz-annotator", name.input.value);
    const given = correction();
    window.mujaz.correct({ ...given, annotator: name.input.value.trim() }, () => {
      notes.append(el("span", { class: "tag" }, `${w.corrected}: `, noted(given)));
      close();
    });
  });
  return { opener: el("span", { class: "correct" }, opener, notes), box };
}

let fields = 0;

function field(id, words, input) {
  input.id = `${id}-${(fields += 1)}`;
  return { input, label: el("label", { for: input.id }, words, input) };
}

function select(options, chosen) {
  return el("select", {}, options.map(([value, label]) => el("option", { value, selected: value === chosen && "" }, label)));
}

const stanceOptions = (labels, w) => labels.map((label) => [label, `${SIGNS[label] ?? "∅"} ${w[label]}`]);

// A span of the article as a place in the JavaScript string of its paragraph.
function within(view, paragraph, span) {
  if (!span || span.start < paragraph.start || span.end > paragraph.end) return null;
  const before = view.text.slice(paragraph.start, span.start).join("").length;
  return { start: before, end: before + view.text.slice(span.start, span.end).join("").length };
}

export function correctTopic(view, number) {
  const { analysis, w } = view;
  const paragraph = analysis.paragraphs[number];
  const options = choices().map((topic) => [topic.id, topicName(topic)]);
  const label = field(view.id(`t${number}`), w.topic, select(options, paragraph.topic.id));
  const correction = () => ({ task: "topic", text: paragraph.text, predicted: paragraph.topic.id, corrected: label.input.value });
  const noted = ({ corrected }) => options.find(([id]) => id === corrected)[1];
  return form(view, `t${number}`, w.correct, `${w.correct_topic} ${number + 1}`, [label.label], correction, noted);
}

export function correctStance(view, number) {
  const { analysis, w } = view;
  const stance = analysis.stances[number];
  const paragraph = analysis.paragraphs[stance.paragraph];
  const label = field(view.id(`s${number}`), w.stance, select(stanceOptions([...STANCES, "unrelated"], w), stance.stance));
  const holder = picker(paragraph.text, w.holder_words, within(view, paragraph, stance.holder), w);
  const evidence = picker(paragraph.text, w.evidence_words, within(view, paragraph, stance.evidence), w);
  const correction = () => ({
    ...{ task: "stance", text: paragraph.text, target: stance.target, predicted: stance.stance },
    ...{ corrected: label.input.value, ...spans(holder, evidence) },
  });
  const parts = [label.label, holder.field, evidence.field];
  return form(view, `s${number}`, w.correct, `${w.correct_stance} ${number + 1}`, parts, correction, ({ corrected }) => w[corrected]);
}

// A stance that the model did not find.
export function addStance(view, number) {
  const { analysis, w } = view;
  const paragraph = analysis.paragraphs[number];
  const id = view.id(`a${number}`);
  const known = [...new Set(analysis.stances.map((stance) => stance.target))];
  const list = el("datalist", { id: `${id}-targets` }, known.map((target) => el("option", { value: target })));
  const target = field(id, w.target, el("input", { type: "text", required: "", maxlength: "200", list: list.id, dir: "rtl" }));
  const label = field(id, w.stance, select(stanceOptions(STANCES, w), "favor"));
  const holder = picker(paragraph.text, w.holder_words, null, w);
  const evidence = picker(paragraph.text, w.evidence_words, null, w);
  const correction = () => ({
    ...{ task: "stance", text: paragraph.text, target: target.input.value.trim(), predicted: "unrelated" },
    ...{ corrected: label.input.value, ...spans(holder, evidence) },
  });
  const noted = (given) => [`${SIGNS[given.corrected]} ${w[given.corrected]}, `, shown(given.target)];
  const parts = [target.label, list, label.label, holder.field, evidence.field];
  return form(view, `a${number}`, w.add_stance, `${w.add_stance_to} ${number + 1}`, parts, correction, noted);
}

function spans(holder, evidence) {
  const [who, what] = [holder.value(), evidence.value()];
  return { holder: who.words, holder_start: who.start, evidence: what.words, evidence_start: what.start };
}
