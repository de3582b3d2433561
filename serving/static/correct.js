// Correcting in place: a small form where the mistake is. The page's script sends what it gives.

import { el, topicName } from "./dom.js";

const choices = () => JSON.parse(document.getElementById("mujaz-topics").textContent);

function form(view, place, title, fields, correction) {
  const { w } = view;
  const id = view.id(`form${place}`);
  const name = field(id, w.your_name, el("input", { type: "text", maxlength: "100" }));
  const button = el("button", { type: "button", class: "edit", "aria-expanded": "false", "aria-controls": id }, w.correct);
  const box = el("form", { class: "correction", id, hidden: "", "aria-label": title });
  const close = () => {
    box.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  };
  button.setAttribute("aria-label", title);
  button.addEventListener("click", () => {
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
    if (box.hidden) return;
    name.input.value ||= sessionStorage.getItem("mujaz-annotator") ?? "";
    box.querySelector("select").focus();
  });
  box.append(
    ...fields.map(({ label }) => label),
    name.label,
    el("button", { type: "submit", class: "save" }, w.save),
    el("button", { type: "button", onclick: close }, w.cancel),
  );
  box.addEventListener("keydown", (event) => event.key === "Escape" && close());
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("mujaz-annotator", name.input.value);
    window.mujaz.correct({ ...correction(), annotator: name.input.value.trim() }, close);
  });
  return el("span", { class: "correct" }, button, box);
}

let fields = 0;

function field(id, words, input) {
  input.id = `${id}-${(fields += 1)}`;
  return { input, label: el("label", { for: input.id }, words, input) };
}

function select(options, chosen) {
  return el("select", {}, options.map(([value, label]) => el("option", { value, selected: value === chosen && "" }, label)));
}

export function correctTopic(view, number) {
  const { analysis, w } = view;
  const paragraph = analysis.paragraphs[number];
  const options = choices().map((topic) => [topic.id, topicName(topic)]);
  const label = field(view.id(`t${number}`), w.topic, select(options, paragraph.topic.id));
  return form(view, `t${number}`, `${w.correct_topic} ${number + 1}`, [label], () => ({
    task: "topic",
    text: paragraph.text,
    predicted: paragraph.topic.id,
    corrected: label.input.value,
  }));
}

export function correctStance(view, number) {
  const { analysis, w } = view;
  const stance = analysis.stances[number];
  const paragraph = analysis.paragraphs[stance.paragraph];
  const options = ["favor", "against", "neutral", "unrelated"].map((label) => [label, w[label]]);
  const words = (span) => el("input", { type: "text", value: span?.text ?? "", placeholder: w.holder_hint, dir: "rtl" });
  const id = view.id(`s${number}`);
  const label = field(id, w.stance, select(options, stance.stance));
  const holder = field(id, w.holder, words(stance.holder));
  const evidence = field(id, w.evidence, words(stance.evidence));
  return form(view, `s${number}`, `${w.correct_stance} ${number + 1}`, [label, holder, evidence], () => ({
    task: "stance",
    text: paragraph.text,
    target: stance.target,
    predicted: stance.stance,
    corrected: label.input.value,
    holder: holder.input.value.trim(),
    evidence: evidence.input.value.trim(),
  }));
}
