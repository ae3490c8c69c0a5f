// The table of pods: searched, sorted, walked with the arrow keys. A row is made once, and then only what changed in it.

import { drawScore } from './charts.js';
import { historyLength } from './model.js';
import { amount, duration, element, none, percent, setText } from './text.js';

const mostRows = 500; // more are found by searching
const pageStep = 10;
const collator = new Intl.Collator(undefined, { numeric: true });

const columns = [
  { key: 'id', title: 'Pod', value: pod => pod.id },
  { key: 'service', title: 'Service', value: pod => pod.service, class: 'roomy' },
  { key: 'state', title: 'State', value: pod => pod.urgency },
  { key: 'score', title: 'Score', value: pod => -(Number.isNaN(pod.ratio) ? -1 : pod.ratio), class: 'number' },
  { key: 'highest', title: 'Two minutes', value: pod => -(pod.highest || 0) },
  { key: 'metrics', title: 'Metrics', value: pod => -pod.metrics, class: 'number roomy' },
  { key: 'lmap', title: 'LMAP', value: pod => pod.lmap, class: 'number roomy' },
];

const shown = {
  all: () => true,
  alarm: pod => pod.hasAlarm,
  trouble: pod => pod.isStale || pod.isQuarantined,
  learning: pod => pod.phase === 'learning' || pod.phase === 'waiting',
  watching: pod => pod.phase === 'watching',
};

export class PodTable {
  // pick(pod): a pod was chosen; close(): Escape was pressed in the table.
  constructor(model, { pick, close }) {
    this.model = model;
    this.rows = new Map(); // pod → its row and cells
    this.byRow = new WeakMap();
    this.order = [];
    this.sort = { key: 'state', down: false };
    this.chosen = this.active = null; // ids: they outlive a restart of the collector
    this.body = document.getElementById('pod-rows');
    this.search = document.getElementById('pod-search');
    this.filter = document.getElementById('pod-state');
    this.scroll = document.getElementById('pod-scroll');
    this.visible = new Set();
    this.watch = new IntersectionObserver(entries => entries.forEach(entry => this.see(entry)), { root: this.scroll });
    this.pick = pick;
    this.makeHead();
    this.search.addEventListener('input', () => this.arrange(true));
    this.filter.addEventListener('change', () => this.arrange(true));
    document.getElementById('pod-filter').addEventListener('submit', event => event.preventDefault());
    this.body.addEventListener('click', event => this.choose(event.target.closest('tr')));
    this.body.addEventListener('focusin', event => this.activate(event.target.closest('tr')));
    this.body.addEventListener('keydown', event => this.press(event, close));
  }

  // Takes a change of the model.
  update({ changed, gone, second, full }) {
    if (full) {
      for (const pod of [...this.rows.keys()]) if (!this.model.pods.has(pod.n) || this.model.pods.get(pod.n) !== pod) this.adopt(pod);
    }
    for (const pod of gone) this.adopt(pod);
    for (const pod of changed) this.fill(pod);
    if (second) {
      for (const pod of this.visible) this.draw(pod);
      if (!full) for (const pod of this.visible) if (pod.isStale) this.fill(pod);
    }
    if (full || gone.length || second || [...changed].some(pod => !this.rows.get(pod)?.row.isConnected)) this.arrange(full);
  }

  redraw() {
    for (const pod of this.visible) this.draw(pod);
  }

  choose(row) {
    const pod = row && this.byRow.get(row);
    if (!pod) return;
    this.select(pod.id);
    this.pick(pod);
  }

  select(id) {
    this.chosen = id;
    for (const [pod, { row }] of this.rows) row.setAttribute('aria-selected', String(pod.id === id));
  }

  // Puts the focus on a pod's row, or on the search where it has none.
  focus(id) {
    const row = this.rows.get(this.model.byId.get(id))?.row;
    (row?.isConnected ? row : this.search).focus();
  }

  makeHead() {
    const head = document.getElementById('pod-columns');
    for (const column of columns) {
      const button = element('button', { type: 'button', text: column.title });
      column.head = element('th', { scope: 'col', class: column.class ?? '' }, button);
      button.addEventListener('click', () => {
        this.sort = { key: column.key, down: this.sort.key === column.key && !this.sort.down };
        this.tellSort();
        this.arrange(true);
      });
      head.append(column.head);
    }
    this.tellSort();
  }

  tellSort() {
    for (const { key, head } of columns) {
      if (key === this.sort.key) head.setAttribute('aria-sort', this.sort.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
  }

  // A pod that has gone: its row goes too, unless it comes back under the same id, when the new one takes the row over.
  adopt(pod) {
    const entry = this.rows.get(pod);
    this.rows.delete(pod);
    this.visible.delete(pod);
    if (!entry) return;
    const heir = this.model.byId.get(pod.id);
    if (heir && !this.rows.has(heir)) {
      this.rows.set(heir, entry);
      this.byRow.set(entry.row, heir);
      if (entry.isSeen) this.visible.add(heir);
      this.fill(heir);
      this.draw(heir);
      return;
    }
    this.watch.unobserve(entry.row);
    entry.row.remove();
  }

  fill(pod) {
    const entry = this.rows.get(pod) ?? this.make(pod);
    const { row, cells } = entry, state = pod.state;
    setText(cells.id, pod.id);
    setText(cells.service, pod.service || none);
    setText(cells.state, describe(pod, this.model.time));
    if (cells.state.dataset.state !== state) cells.state.dataset.state = state;
    setText(cells.score, Number.isNaN(pod.ratio) ? none : percent(pod.ratio));
    setText(cells.metrics, String(pod.metrics));
    setText(cells.lmap, String(pod.lmap));
    row.classList.toggle('alarm', pod.hasAlarm);
    row.classList.toggle('stale', pod.isStale || pod.isQuarantined);
  }

  make(pod) {
    const cells = {
      id: element('th', { scope: 'row' }), service: element('td', { class: 'roomy' }), state: element('span', { class: 'state' }),
      score: element('td', { class: 'number score' }), metrics: element('td', { class: 'number roomy' }), lmap: element('td', { class: 'number roomy' }),
      trend: element('canvas', { class: 'trend', 'aria-hidden': 'true' }), words: element('span', { class: 'unseen' }),
    };
    const row = element('tr', { tabindex: '-1', 'aria-selected': String(pod.id === this.chosen) },
      cells.id, cells.service, element('td', {}, cells.state), cells.score, element('td', {}, cells.trend, cells.words), cells.metrics, cells.lmap);
    cells.id.title = pod.id;
    const entry = { row, cells, isSeen: false };
    this.rows.set(pod, entry);
    this.byRow.set(row, pod);
    this.watch.observe(row);
    return entry;
  }

  see({ target, isIntersecting }) {
    const pod = this.byRow.get(target), entry = pod && this.rows.get(pod);
    if (!entry) return;
    entry.isSeen = isIntersecting;
    if (!isIntersecting) this.visible.delete(pod);
    else {
      this.visible.add(pod);
      this.draw(pod);
    }
  }

  draw(pod) {
    const entry = this.rows.get(pod);
    if (!entry) return;
    drawScore(entry.cells.trend, pod.history, historyLength, false);
    setText(entry.cells.words, Number.isNaN(pod.highest) ? 'not judged yet' : `highest ${percent(pod.highest)}`);
  }

  // Orders and filters. While somebody is in the table, nothing moves unless they asked for it.
  arrange(isAsked) {
    const words = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean), passes = shown[this.filter.value];
    let pods = [...this.model.pods.values()].filter(pod => passes(pod) && words.every(word => pod.words.includes(word)));
    const isHeld = !isAsked && (this.body.matches(':hover') || this.body.contains(document.activeElement));
    if (isHeld) {
      const place = new Map(this.order.map((pod, at) => [pod.id, at]));
      pods.sort((a, b) => (place.get(a.id) ?? Infinity) - (place.get(b.id) ?? Infinity) || compare(a, b, this.sort));
    } else pods.sort((a, b) => compare(a, b, this.sort));
    const found = pods.length;
    this.order = pods = pods.slice(0, mostRows);
    this.lay(pods);
    const total = this.model.pods.size;
    setText(document.getElementById('pod-count'), found === total ? `${total} ${total === 1 ? 'pod' : 'pods'}` : `${found} of ${total} pods`);
    const more = document.getElementById('pod-more');
    more.hidden = found <= mostRows;
    setText(more, `The first ${mostRows} are shown: search for the other ${found - mostRows}.`);
  }

  lay(pods) {
    const wanted = new Set(pods);
    for (const [pod, { row }] of this.rows) if (!wanted.has(pod) && row.isConnected) row.remove();
    pods.forEach((pod, at) => {
      const { row } = this.rows.get(pod) ?? this.make(pod), standing = this.body.children[at];
      if (standing !== row) this.body.insertBefore(row, standing ?? null);
    });
    this.rove();
  }

  // One row is in the tab order: the one that was last walked to, else the chosen one, else the first.
  rove() {
    const ids = [this.active, this.chosen];
    const stop = ids.map(id => this.order.find(pod => pod.id === id)).find(Boolean) ?? this.order[0];
    for (const [pod, { row }] of this.rows) {
      const index = pod === stop ? 0 : -1;
      if (row.tabIndex !== index) row.tabIndex = index;
    }
  }

  activate(row) {
    const pod = row && this.byRow.get(row);
    if (!pod || pod.id === this.active) return;
    this.active = pod.id;
    this.rove();
  }

  press(event, close) {
    const at = this.order.indexOf(this.byRow.get(event.target.closest('tr'))), last = this.order.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + pageStep, PageUp: at - pageStep }[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (to !== undefined) {
      const row = this.rows.get(this.order[Math.min(Math.max(to, 0), last)])?.row;
      row?.focus();
      row?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' || event.key === ' ') this.choose(event.target.closest('tr'));
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
  }
}

function compare(a, b, { key, down }) {
  const { value } = columns.find(column => column.key === key);
  const one = value(a), two = value(b);
  const order = typeof one === 'string' ? collator.compare(one, two) : one - two;
  return (down ? -order : order) || collator.compare(a.id, b.id);
}

export function describe(pod, now) {
  const alarm = pod.hasAlarm ? ', alarm open' : '';
  switch (pod.state) {
    case 'quarantined': return `quarantined${alarm}`;
    case 'stale': return `stale for ${duration(now - pod.fresh)}${alarm}`;
    case 'alarm': return 'alarm';
    case 'learning': return `learning ${pod.progress} %${pod.remaining >= 0 ? `, ${amount(pod.remaining)} s left` : ''}`;
    case 'waiting': return 'waiting for a row';
    case 'warm': return 'watched (warm)';
    case 'watching': return 'watched';
    default: return 'not judged';
  }
}
