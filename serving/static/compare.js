// Several analyses beside each other: who says what on the same targets, where they differ, and when.

import { SIGNS, el, holderName, percent, section, shown, stanceName, table, topicName, words } from "./dom.js";

// `columns` are `{outlet, date, analysis}`; `date` may be empty.
export function compare(root, columns) {
  const w = words();
  const name = (column, number) => (column.outlet ? shown(column.outlet) : w.source.replace("{}", String(number + 1)));
  const head = columns.map((column, number) => [name(column, number), column.date && el("small", {}, " ", el("bdi", {}, shown(column.date)))]);
  const targets = [...new Set(columns.flatMap(({ analysis }) => analysis.stances.map((stance) => stance.target)))];
  const row = (label, cells) => el("tr", {}, el("th", { scope: "row" }, label), cells.map((cell) => el("td", {}, cell)));
  const rows = [
    row(w.topics, columns.map(({ analysis }) => topics(analysis))),
    row(w.summary, columns.map(({ analysis }) => analysis.summary.map((sentence) => el("p", { dir: "rtl" }, shown(sentence.text))))),
    ...targets.map((target) => {
      const label = [shown(target), differ(columns, target) && el("strong", { class: "tag differ" }, w.differ)];
      return row(label, columns.map(({ analysis }) => positions(analysis, target, w)));
    }),
  ];
  const view = [section(w.who, { class: "card" }, table({ class: "matrix", "aria-label": w.who }, [w.target, ...head], rows))];
  const dated = columns.map((column, number) => ({ ...column, name: name(column, number) })).filter(({ date }) => date);
  if (dated.length > 1) view.push(timeline(dated, targets, w));
  root.replaceChildren(...view);
}

const topics = (analysis) => el("ul", {}, analysis.topics.slice(0, 3).map((topic) => el("li", {}, `${topicName(topic)} `, percent(topic.share))));

function positions(analysis, target, w) {
  const found = analysis.stances.filter((stance) => stance.target === target);
  if (!found.length) return "—";
  return found.map((stance) =>
    el(
      "p",
      { class: "position" },
      el("b", {}, holderName(stance, w)),
      " ",
      el("span", { class: `stance ${stance.stance}` }, stanceName(stance, w), " ", percent(stance.probability)),
      stance.evidence && el("q", { dir: "rtl" }, shown(stance.evidence.text)),
    ),
  );
}

// Those who speak of a target differ when they report other stances on it, or another one of the same holder.
function differ(columns, target) {
  const found = columns.map(({ analysis }) => analysis.stances.filter((stance) => stance.target === target));
  const spoken = found.filter((stances) => stances.length);
  if (spoken.length < 2) return false;
  const labels = (stances) => [...new Set(stances.map((stance) => stance.stance))].sort().join();
  const holders = new Set(spoken.flat().map((stance) => stance.holder?.text ?? ""));
  const ofHolder = (name) => spoken.map((stances) => labels(stances.filter((stance) => (stance.holder?.text ?? "") === name)));
  return [spoken.map(labels), ...Array.from(holders, ofHolder)].some((sides) => new Set(sides.filter(Boolean)).size > 1);
}

function timeline(columns, targets, w) {
  const rows = columns
    .sort((a, b) => (a.date < b.date ? -1 : 1))
    .map(({ date, name, analysis }) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, el("bdi", {}, shown(date))),
        el("td", {}, name),
        targets.map((target) => {
          const labels = analysis.stances.filter((stance) => stance.target === target).map((stance) => stance.stance);
          const counts = Object.keys(SIGNS).map((label) => [label, labels.filter((one) => one === label).length]);
          const chips = counts
            .filter(([, count]) => count)
            .map(([label, count]) => [el("span", { class: `stance ${label}` }, `${SIGNS[label]} ${w[label]} ${count}`), " "]);
          return el("td", {}, chips.length ? chips : "—");
        }),
      ),
    );
  const head = [w.date, w.outlet, ...targets.map((target) => shown(target))];
  return section(w.timeline, { class: "card" }, table({ class: "matrix", "aria-label": w.timeline }, head, rows));
}
