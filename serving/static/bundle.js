// What a bundle is: the figures it was measured with, and its labels, task by task.

import { el, section, shown, table, words } from "./dom.js";

// `tasks` are `{task, metrics, labels}` as the Models tab sends them.
export function describe(root, tasks) {
  const w = words();
  root.replaceChildren(...tasks.map((task) => described(task, w)));
}

function described({ task, metrics, labels }, w) {
  const { per_class: classes = {}, split, ...figures } = metrics;
  const rows = Object.entries(figures)
    .filter(([, value]) => typeof value === "number")
    .map(([name, value]) => row(w[`metric_${name}`] ?? shown(name), [figure(name, value)]));
  const name = `${w.metrics}: ${w[task]}`;
  return section(
    w[task],
    { class: "card" },
    split && el("p", { class: "facts" }, `${w.measured_on} `, el("bdi", { dir: "ltr" }, shown(split))),
    rows.length
      ? table({ class: "figures", "aria-label": name }, [w.metric, w.value], rows)
      : el("p", { class: "facts" }, w.no_metrics),
    perLabel(labels, classes, `${w.labels}: ${w[task]}`, w),
  );
}

function perLabel(labels, classes, name, w) {
  if (!labels.length) return null;
  const measures = ["precision", "recall", "f1", "support"];
  const english = document.documentElement.lang === "en";
  const head = [w.class, w.label_id, english ? w.label_ar : w.label_en, ...measures.map((measure) => w[measure])];
  const rows = labels.map(({ id, ar, en }) => {
    const found = classes[id];
    return row(shown(english ? en : ar), [
      el("bdi", { dir: "ltr" }, shown(id)),
      el("bdi", {}, shown(english ? ar : en)),
      ...measures.map((measure) => (found ? figure(measure, found[measure]) : "—")),
    ]);
  });
  return table({ class: "figures", "aria-label": name }, head, rows);
}

const row = (name, cells) => el("tr", {}, el("th", { scope: "row" }, name), cells.map((cell) => el("td", {}, cell)));
const COUNTS = /^(n|n_.+|words|support)$/;
const figure = (name, value) => el("bdi", { class: "number" }, COUNTS.test(name) ? String(value) : value.toFixed(3));
