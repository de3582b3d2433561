// The analysis of one article on the page: the article with its margin, summary, matrix, shares, evidence.

import { addStance, correctStance, correctTopic } from "./correct.js";
import { SIGNS, el, holderName, jump, percent, section, shown, stanceName, table, topicName, words } from "./dom.js";

// `analysis` may lack parts that are still in work: they are announced and filled in by the next call.
export function show(root, analysis) {
  const w = words();
  const view = { analysis, w, text: Array.from(analysis.article.text), id: (name) => `${root.id}-${name}` };
  root.replaceChildren(
    ...[
      title(view),
      warnings(view),
      el("div", { class: "columns" }, summary(view), topics(view)),
      who(view),
      article(view),
      stances(view),
      el("p", { class: "facts" }, w.machine),
      el("p", { class: "facts", dir: "ltr" }, shown(modelName(analysis.model))),
    ].filter(Boolean),
  );
}

const modelName = (model) => `${model.name} ${model.version} · ${model.sha256.slice(0, 12)}`;
const pending = (w) => el("p", { class: "facts pending" }, w.pending);

function title({ analysis, w }) {
  const headline = analysis.headline ?? analysis.article.title;
  return el("h2", { class: "headline", dir: "rtl" }, headline ? shown(headline.text) : w.no_title);
}

function warnings({ analysis, w }) {
  if (!analysis.article.warnings.length) return null;
  const items = analysis.article.warnings.map((code) => el("li", {}, w[`warning_${code}`]));
  return section(w.warnings, { class: "card warnings", role: "note" }, el("ul", {}, items));
}

function summary({ analysis, w, id }) {
  let content = pending(w);
  if (analysis.summary) {
    content = analysis.summary.map((sentence, number) =>
      el(
        "p",
        { class: "summary", dir: "rtl" },
        jump(id(`u${number}`), {}, shown(sentence.text)),
        " ",
        jump(id(`p${sentence.paragraph}`), { class: "pointer" }, `${w.paragraph} ${sentence.paragraph + 1}`),
      ),
    );
    if (!content.length) content = el("p", { class: "facts" }, w.no_summary);
  }
  return section(w.summary, { class: "card" }, content);
}

function topics({ analysis, w }) {
  const bars = (analysis.topics ?? []).map((topic) => {
    const fill = el("span", {});
    fill.style.inlineSize = `${(topic.share * 100).toFixed(1)}%`;
    return el(
      "li",
      { class: "bar" },
      el("span", {}, topicName(topic)),
      el("span", { class: "track", "aria-hidden": "true" }, fill),
      el("span", { class: "value" }, percent(topic.share)),
    );
  });
  return section(w.topics, { class: "card" }, analysis.topics ? el("ul", { class: "bars" }, bars) : pending(w));
}

function who({ analysis, w, id }) {
  if (!analysis.stances) return section(w.who, { class: "card" }, pending(w));
  if (!analysis.stances.length) return section(w.who, { class: "card" }, el("p", { class: "facts" }, w.no_stances));
  const targets = new Map(analysis.stances.map((stance) => [stance.target, stance.proposed]));
  const holders = new Map();
  analysis.stances.forEach((stance, number) => {
    const name = stance.holder?.text.split(/\s+/).join(" ") ?? "";
    if (!holders.has(name)) holders.set(name, []);
    holders.get(name).push([stance, number]);
  });
  const head = [
    w.holder,
    ...Array.from(targets, ([target, proposed]) => [shown(target), proposed && el("small", { class: "tag" }, w.proposed)]),
  ];
  const rows = Array.from(holders.values(), (found) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, holderName(found[0][0], w)),
      Array.from(targets.keys(), (target) =>
        el(
          "td",
          {},
          found
            .filter(([stance]) => stance.target === target)
            .map(([stance, number]) => stanceLink(stance, number, id, [stanceName(stance, w), " ", percent(stance.probability)])),
        ),
      ),
    ),
  );
  return section(w.who, { class: "card" }, table({ class: "matrix", "aria-label": w.who }, head, rows));
}

function stanceLink(stance, number, id, label) {
  const place = stance.evidence ? `e${number}` : `p${stance.paragraph}`;
  return jump(id(place), { class: `stance ${stance.stance}` }, label);
}

function article(view) {
  const { analysis, w } = view;
  const numbers = new Map(analysis.paragraphs.map((paragraph, number) => [paragraph.start, number]));
  const passage = (span) => {
    const number = numbers.get(span.start);
    if (number === undefined) return el("div", { class: "passage" }, el("p", {}, shown(span.text)));
    const place = { class: "passage", id: view.id(`p${number}`), tabindex: "-1" };
    const forms = analysis.corrections ? [correctTopic(view, number), addStance(view, number)] : [];
    const margin = chip(view, number, forms.map(({ opener }) => opener));
    return el("div", place, margin, el("p", {}, running(view, number)), forms.map(({ box }) => box));
  };
  const block = (found) => {
    if (found.items) return el("ul", {}, found.items.map((item) => el("li", {}, passage(item))));
    if (found.rows) {
      const cells = (row, tag) => [el("th", { scope: tag }, shown(row.label.text)), el("td", {}, shown(row.content.text))];
      const rows = found.rows.map((row) => el("tr", {}, cells(row, "row")));
      const head = found.header ? [shown(found.header.label.text), shown(found.header.content.text)] : [];
      return table({ "aria-label": w.article }, head, rows);
    }
    return passage(found.span);
  };
  const sections = analysis.article.sections.map((part) => [
    part.heading && el("h3", {}, shown(part.heading.text)),
    part.blocks.map(block),
  ]);
  const signs = Object.entries(SIGNS).map(([label, sign]) => el("span", { class: `evidence ${label}` }, `${sign} ${w[label]}`));
  const legend = el("p", { class: "legend" }, el("span", { class: "holder" }, w.holder), signs);
  return section(w.article, { class: "card article" }, analysis.stances?.length ? legend : null, el("div", { dir: "rtl" }, sections));
}

function chip(view, number, openers) {
  const { analysis, w } = view;
  const topic = analysis.paragraphs[number].topic;
  const name = topic.abstained
    ? [el("b", {}, w.abstained), ` ${topicName(topic)}${w.question}`]
    : [el("b", {}, topicName(topic))];
  return el(
    "div",
    { class: `chip${topic.abstained ? " abstained" : ""}`, dir: document.documentElement.dir },
    el("span", { class: "number" }, String(number + 1)),
    " ",
    name,
    " ",
    percent(topic.probability),
    el("span", { class: "second" }, `${w.second}: ${topicName(topic.second)} `, percent(topic.second.probability)),
    openers,
  );
}

// The paragraph's text, cut wherever a mark begins or ends, so that marks may overlap as they like.
function running(view, number) {
  const { analysis, w, text, id } = view;
  const { start, end } = analysis.paragraphs[number];
  const marks = [];
  const add = (kind, index, span) => {
    if (span && span.start < end && span.end > start) {
      marks.push({ kind, index, start: Math.max(span.start, start), end: Math.min(span.end, end), first: span.start >= start });
    }
  };
  (analysis.stances ?? []).forEach((stance, index) => {
    add("evidence", index, stance.evidence);
    add("holder", index, stance.holder);
  });
  (analysis.summary ?? []).forEach((sentence, index) => add("sentence", index, sentence));
  const cuts = [...new Set([start, end, ...marks.flatMap((mark) => [mark.start, mark.end])])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((from, place) => {
    const to = cuts[place + 1];
    const on = marks.filter((mark) => mark.start <= from && mark.end >= to);
    const opens = (kind) => on.filter((mark) => mark.kind === kind && mark.start === from && mark.first);
    const links = opens("evidence").map(({ index }) => {
      const stance = analysis.stances[index];
      const sign = `${SIGNS[stance.stance]}${index + 1}`;
      const label = `${sign} ${stanceName(stance, w)}: ${stance.target}`;
      const attributes = { id: id(`e${index}`), class: `sign ${stance.stance}`, "aria-label": label };
      return jump(id(`s${index}`), attributes, el("bdi", { dir: "ltr" }, sign));
    });
    const labels = new Set(on.filter((mark) => mark.kind === "evidence").map(({ index }) => analysis.stances[index].stance));
    const classes = [...labels, labels.size ? "evidence" : null, ...on.filter((mark) => mark.kind !== "evidence").map((mark) => mark.kind)];
    const starts = opens("sentence")[0];
    const piece = el(
      "span",
      { class: classes.filter(Boolean).join(" ") || null, id: starts ? id(`u${starts.index}`) : null, tabindex: starts ? "-1" : null },
      shown(text.slice(from, to).join("")),
    );
    return [links, piece];
  });
}

function stances(view) {
  const { analysis, w, id } = view;
  if (!analysis.stances?.length) return null;
  const head = [w.number, w.holder, w.stance, w.target, w.evidence, w.probability];
  const rows = analysis.stances.map((stance, number) => {
    const form = analysis.corrections ? correctStance(view, number) : null;
    const row = el(
      "tr",
      { id: id(`s${number}`), tabindex: "-1" },
      el("td", { "data-name": w.number }, String(number + 1)),
      el("td", { "data-name": w.holder }, holderName(stance, w)),
      el("td", { "data-name": w.stance }, stanceLink(stance, number, id, stanceName(stance, w)), form?.opener),
      el("td", { "data-name": w.target }, shown(stance.target), stance.proposed && el("small", { class: "tag" }, w.proposed)),
      el(
        "td",
        { "data-name": w.evidence },
        stance.evidence && [el("bdi", {}, "«", shown(stance.evidence.text), "»"), " "],
        jump(id(`p${stance.paragraph}`), { class: "pointer" }, `${w.paragraph} ${stance.paragraph + 1}`),
      ),
      el("td", { "data-name": w.probability }, percent(stance.probability)),
    );
    return form ? [row, el("tr", { class: "form" }, el("td", { colspan: String(head.length) }, form.box))] : row;
  });
  return section(w.stances, { class: "card" }, table({ class: "details", "aria-label": w.stances }, head, rows));
}
