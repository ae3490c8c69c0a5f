// How the collector itself is.

import { amount, bytes, element, facts, none, percent, setText } from './text.js';

export function showHealth({ health }) {
  if (!health) return;
  const rate = sum(health, 'rate'), missed = sum(health, 'missed'), silent = health.lmaps.some(lmap => lmap.silent);
  facts(document.getElementById('collector-facts'), [
    ['Agent', health.connected ? `connected${health.place ? `, ${health.place}` : ''}` : `not connected${health.problem ? `: ${health.problem}` : ''}`, !health.connected],
    ['Scrapes', `${amount(rate)} a second${silent ? ', but an LMAP does not scrape' : ''}`, silent],
    ['Missed ticks', amount(missed)], ['CPU', health.cores === null ? none : `${health.cores.toFixed(3)} cores`], ['Memory', bytes(health.memory)],
    ['Layout generation', String(health.generation)], ['Alarms opened', amount(health.alarmsOpened)],
    ['Alarm events lost', amount(health.eventsLost), health.eventsLost > 0],
    ['Open pages', `${health.pages}${health.pagesDropped ? `, ${health.pagesDropped} were too slow` : ''}`],
  ]);
  const body = document.getElementById('lmap-rows');
  health.lmaps.forEach((lmap, at) => {
    let row = body.children[at];
    if (!row) body.append(row = element('tr', {}, element('th', { scope: 'row' }), ...Array.from({ length: 6 }, () => element('td', { class: 'number' }))));
    [`${lmap.n}${lmap.silent ? ' (does not scrape)' : ''}`, amount(lmap.pods), amount(lmap.rate), percent(lmap.cpu), amount(lmap.rows), amount(lmap.missed), amount(lmap.torn)]
      .forEach((text, column) => setText(row.children[column], text));
    row.classList.toggle('bad', lmap.silent);
  });
  while (body.children.length > health.lmaps.length) body.lastChild.remove();
}

export function showSummary(model, openAlarms) {
  const count = { pods: model.pods.size, watched: 0, learning: 0, stale: 0, alarms: openAlarms };
  for (const pod of model.pods.values()) {
    if (pod.isStale || pod.isQuarantined) count.stale++;
    else if (pod.phase === 'watching') count.watched++;
    else if (pod.phase === 'learning') count.learning++;
  }
  count.scrapes = model.health ? amount(sum(model.health, 'rate')) : none;
  for (const [name, value] of Object.entries(count)) setText(document.querySelector(`[data-count="${name}"]`), String(value));
  document.querySelector('[data-count="alarms"]').classList.toggle('raised', openAlarms > 0);
  document.querySelector('[data-count="stale"]').classList.toggle('raised', count.stale > 0);
}

const sum = (health, name) => health.lmaps.reduce((total, lmap) => total + (lmap[name] ?? 0), 0);
