// The list of alarms, open ones first, and what is said aloud of new ones.

import { amount, duration, element, moment, none, percent, setText } from './text.js';

export class AlarmList {
  constructor(model, pick) {
    this.model = model;
    this.pick = pick;
    this.rows = new Map();
    this.body = document.getElementById('alarm-rows');
    this.region = this.body.closest('.scroll');
    this.empty = document.getElementById('no-alarms');
    this.announcer = document.getElementById('announcer');
  }

  get open() { return [...this.model.alarms.values()].filter(alarm => alarm.closed === undefined); }

  update({ alarms, full, known, second }) {
    if (full) this.clear();
    for (const alarm of alarms) this.fill(alarm);
    if (alarms.length || full) this.arrange();
    if (second) for (const alarm of this.open) this.tellDuration(alarm);
    // What was there when the page was opened is in the list, and is not news.
    for (const alarm of alarms) if (!full || (known.size && !known.has(alarm.n))) this.say(alarm);
  }

  clear() {
    this.rows.clear();
    this.body.replaceChildren();
  }

  fill(alarm) {
    let entry = this.rows.get(alarm.n);
    if (!entry) this.rows.set(alarm.n, entry = this.make(alarm));
    const isOpen = alarm.closed === undefined;
    setText(entry.state, isOpen ? 'open' : alarm.gone ? 'over: pod gone' : 'over');
    if (isOpen) entry.state.dataset.state = 'alarm';
    else delete entry.state.dataset.state;
    entry.row.classList.toggle('open', isOpen);
    this.tellDuration(alarm);
  }

  make(alarm) {
    const state = element('span', { class: 'state' }), lasted = element('td', { class: 'number' });
    const pod = element('button', { type: 'button', class: 'link', title: alarm.pod, text: alarm.pod });
    pod.addEventListener('click', () => this.pick(alarm.pod));
    const row = element('tr', {}, element('td', {}, state), element('td', {}, pod), element('td', { class: 'wide' }, shares(alarm)),
      element('td', { class: 'number', title: `threshold ${amount(alarm.threshold)}`, text: alarm.threshold > 0 ? amount(alarm.score / alarm.threshold) : none }),
      element('td', {}, element('time', { datetime: new Date(alarm.opened).toISOString(), text: moment(alarm.opened) })), lasted);
    return { row, state, lasted };
  }

  tellDuration(alarm) {
    const entry = this.rows.get(alarm.n);
    if (entry) setText(entry.lasted, duration((alarm.closed ?? this.model.time) - alarm.opened));
  }

  arrange() {
    const order = [...this.model.alarms.values()].sort((a, b) => (a.closed !== undefined) - (b.closed !== undefined) || b.n - a.n).slice(0, 200);
    for (const [n, { row }] of this.rows) {
      if (order.some(alarm => alarm.n === n)) continue;
      row.remove();
      this.rows.delete(n);
      this.model.alarms.delete(n);
    }
    order.forEach((alarm, at) => {
      const { row } = this.rows.get(alarm.n), standing = this.body.children[at];
      if (standing !== row) this.body.insertBefore(row, standing ?? null);
    });
    this.region.hidden = order.length === 0;
    this.empty.hidden = order.length > 0;
  }

  say(alarm) {
    const text = alarm.closed !== undefined ? `Alarm over: pod ${alarm.pod}` : `Alarm: pod ${alarm.pod}, ${explain(alarm)}`;
    this.announcer.append(element('p', { text }));
    while (this.announcer.children.length > 5) this.announcer.firstChild.remove();
  }
}

export const explain = alarm =>
  alarm.why.length ? `explained by ${alarm.why.map(([metric, share]) => `${metric} ${percent(share)}`).join(', ')}` : 'not explained by any metric';

export function shares(alarm) {
  const list = element('span', { class: 'shares' });
  for (const [metric, share] of alarm.why) {
    const part = element('span', { class: 'share', text: `${metric} ${percent(share)}` });
    part.style.setProperty('--part', `${Math.min(100, share * 100)}%`);
    list.append(part, ' ');
  }
  if (!alarm.why.length) list.textContent = none;
  return list;
}
