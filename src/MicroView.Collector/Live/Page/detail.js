// The pod that is picked: who it is, its score, and its values at the resolution that they are scraped at.

import { explain } from './alarms.js';
import { drawScore, drawTrend, isStill } from './charts.js';
import { historyLength } from './model.js';
import { describe } from './pods.js';
import { Stream } from './stream.js';
import { amount, duration, element, facts, none, percent, setText } from './text.js';
import { Values } from './values.js';

const textPeriod = 250; // figures that change faster cannot be read
const scoreWords = 5000; // nor can a chart's text alternative be listened to

export class Detail {
  constructor(model, onClose) {
    this.model = model;
    this.id = null;
    this.values = null;
    this.rows = [];
    this.lastText = this.lastWords = 0;
    this.section = document.getElementById('detail');
    this.heading = document.getElementById('detail-heading');
    this.status = document.getElementById('detail-status');
    this.chart = document.getElementById('score-chart');
    this.body = document.getElementById('value-rows');
    this.search = document.getElementById('value-search');
    this.visible = new Set();
    this.watch = new IntersectionObserver(entries => entries.forEach(entry => this.see(entry)), { root: this.body.closest('.scroll') });
    this.search.addEventListener('input', () => this.filter());
    document.getElementById('value-filter').addEventListener('submit', event => event.preventDefault());
    document.getElementById('detail-close').addEventListener('click', onClose);
    this.section.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || (event.target === this.search && this.search.value)) return;
      event.preventDefault();
      onClose();
    });
  }

  get pod() { return this.model.byId.get(this.id); }

  open(id) {
    if (this.id === id && !this.section.hidden) return;
    this.close();
    this.id = id;
    this.section.hidden = false;
    setText(this.heading, id);
    this.search.value = '';
    this.lastWords = 0;
    this.stream = new Stream(`api/pods/values?pod=${encodeURIComponent(id)}`, {
      event: (name, data) => this.take(name, data),
      lost: reason => { this.trouble = `No values: ${reason}. Trying again.`; this.tell(); },
      open: () => { this.trouble = ''; this.tell(); },
    });
    this.trouble = '';
    this.update();
    this.resume();
  }

  close() {
    this.stream?.stop();
    this.stream = null;
    this.id = null;
    this.section.hidden = true;
    this.clear();
  }

  // Nobody looks, or there is nobody to ask: the values stop, and begin anew later.
  pause(trouble = '') {
    this.stream?.stop();
    this.trouble = trouble;
    this.tell();
  }

  // Only a pod that the collector has told of is asked for.
  resume() {
    if (this.stream && this.pod && !document.hidden) this.stream.start();
  }

  clear() {
    this.values = null;
    this.raised = 0;
    this.rows = [];
    this.visible.clear();
    this.watch.disconnect();
    this.body.replaceChildren();
    setText(document.getElementById('value-rate'), '');
  }

  take(name, data) {
    this.trouble = '';
    if (name === 'gone') {
      this.trouble = 'The pod has gone. Its values are the last ones; they go on should it come back.';
      this.tell();
      return;
    }
    if (name === 'pod') this.begin(data);
    else if (name === 'rows' && this.values) {
      this.values.take(data.rows);
      this.schedule();
    }
  }

  begin(data) {
    this.clear();
    this.values = new Values(data);
    for (const metric of this.values.metrics) {
      const name = element('th', { scope: 'row', text: metric.name });
      if (metric.help) name.title = metric.help;
      const note = element('span', { class: 'note' });
      name.append(note);
      const cells = { value: element('td', { class: 'number' }), rate: element('td', { class: 'number' }), trend: element('canvas', { class: 'trend', 'aria-hidden': 'true' }) };
      const row = element('tr', {}, name, cells.value, cells.rate, element('td', {}, cells.trend));
      const entry = { metric, row, note, ...cells };
      row.entry = entry;
      this.rows.push(entry);
      this.watch.observe(row);
    }
    this.body.append(...this.rows.map(entry => entry.row));
    this.filter();
    this.tell();
  }

  see({ target, isIntersecting }) {
    if (isIntersecting) this.visible.add(target.entry);
    else this.visible.delete(target.entry);
    if (isIntersecting) this.drawRow(target.entry);
  }

  filter() {
    const words = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const { metric, row } of this.rows) row.hidden = !words.every(word => metric.words.includes(word));
  }

  // At most five drawings a second, one where motion is unwelcome; every row is in the line all the same.
  schedule() {
    if (this.due) return;
    this.due = setTimeout(() => requestAnimationFrame(() => {
      this.due = 0;
      if (this.values) this.draw();
    }), isStill() ? 1000 : 200);
  }

  draw() {
    for (const entry of this.visible) this.drawRow(entry);
    const now = performance.now();
    if (now - this.lastText < textPeriod) return;
    this.lastText = now;
    for (const { metric, value, rate } of this.rows) {
      setText(value, `${amount(metric.value)}${metric.unit && !Number.isNaN(metric.value) ? ` ${metric.unit}` : ''}${metric.kind === 'histogram' && !Number.isNaN(metric.value) ? ' mean' : ''}`);
      setText(rate, metric.kind === 'gauge' ? none : amount(metric.rate));
    }
    const { pace, missed, interval } = this.values, { rows } = this.values;
    const asked = interval > 0 ? ` of ${amount(1 / interval)}` : '';
    setText(document.getElementById('value-rate'),
      `${this.rows.length} metrics; ${Number.isNaN(pace) ? none : pace.toFixed(1)} rows a second${asked}; ${rows} shown${missed ? `, ${amount(missed)} missed` : ''}`);
  }

  drawRow({ metric, trend }) {
    if (this.values) drawTrend(trend, this.values.times, metric.points, this.values.span);
  }

  // Takes a change of the model.
  update({ second = true } = {}) {
    const pod = this.pod;
    if (this.id === null) return;
    this.resume();
    this.tell();
    if (!pod) return;
    facts(document.getElementById('detail-facts'), [
      ['State', describe(pod, this.model.time)], ['Service', pod.service || none], ['Container', pod.container || none],
      ['Source', pod.kind], ['LMAP', String(pod.lmap)], ['Metrics', String(pod.metrics)],
      ['Score', amount(pod.score)], ['Threshold', amount(pod.threshold)],
    ]);
    if (second) this.drawScore();
  }

  drawScore() {
    const pod = this.pod;
    if (!pod) return;
    drawScore(this.chart, pod.history, historyLength, true);
    const words = Number.isNaN(pod.ratio)
      ? `No score: the pod is ${describe(pod, this.model.time)}.`
      : `Score ${amount(pod.score)} against threshold ${amount(pod.threshold)} (${percent(pod.ratio)}); highest of the last two minutes ${percent(pod.highest)}.`;
    setText(document.getElementById('score-text'), words);
    if (performance.now() - this.lastWords < scoreWords && this.lastWords) return;
    this.lastWords = performance.now();
    this.chart.setAttribute('aria-label', words);
  }

  redraw() {
    this.drawScore();
    for (const entry of this.visible) this.drawRow(entry);
  }

  // One line on top for what must not be overlooked.
  tell() {
    if (this.id === null) return;
    const pod = this.pod, alarm = [...this.model.alarms.values()].filter(entry => entry.pod === this.id && entry.closed === undefined).at(-1);
    const lines = [];
    if (this.trouble) lines.push(this.trouble);
    else if (!pod) lines.push('The pod is not monitored any more.');
    else if (pod.isQuarantined) lines.push('Quarantined: its pages are not what it announced; its values are the last good ones.');
    else if (pod.isStale) lines.push(`Stale: its last row is ${duration(this.model.time - pod.fresh)} old.`);
    if (alarm) lines.push(`Alarm, ${explain(alarm)}.`);
    setText(this.status, lines.join(' '));
    this.status.classList.toggle('alarm', Boolean(alarm));
    const parts = new Map(alarm?.why ?? []), explaining = [];
    for (const entry of this.rows) {
      const { name } = entry.metric;
      const share = parts.get(name) ?? parts.get(`${name} rate`) ?? parts.get(`${name} mean`);
      entry.row.classList.toggle('explains', share !== undefined);
      setText(entry.note, share === undefined ? '' : `${percent(share)} of the alarm`);
      if (share !== undefined) explaining.push([share, entry.row]);
    }
    // On top, once for each alarm: a table that keeps moving cannot be read.
    if (!explaining.length || this.raised === alarm.n) return;
    this.raised = alarm.n;
    this.body.prepend(...explaining.sort((a, b) => b[0] - a[0]).map(([, row]) => row));
  }
}
