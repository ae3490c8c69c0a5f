// Puts the page together: one stream of everything, and one more for the pod that is picked.

import { AlarmList } from './alarms.js';
import { onThemeChange } from './charts.js';
import { Detail } from './detail.js';
import { showHealth, showSummary } from './health.js';
import { Model } from './model.js';
import { PodTable } from './pods.js';
import { keepToken, Stream } from './stream.js';
import { moment, setText } from './text.js';

const silenceLimit = 6000; // the collector speaks each second
const model = new Model();
const connection = document.getElementById('connection');
const login = document.getElementById('login');
let loadedPage = null, sessionEnd = null;

const detail = new Detail(model, closeDetail);
const alarms = new AlarmList(model, id => pick(id));
const table = new PodTable(model, { pick: pod => pick(pod.id), close: closeDetail });

const stream = new Stream('api/live', {
  event(name, data) {
    const change = model.apply(name, data);
    table.update(change);
    alarms.update(change);
    if (change.second || change.full) showHealth(model);
    detail.update({ second: change.second || change.full });
    const open = alarms.open.length;
    showSummary(model, open);
    setText(document.querySelector('title'), `${open ? `(${open}) ` : ''}MicroView${model.machine ? ` – ${model.machine}` : ''}`);
    if (change.full) begin();
    if (connection.dataset.state !== 'live') show('live', 'Live');
  },
  lost(reason) {
    sessionEnd ??= Date.now();
    detail.pause('Not live: these are the last values.');
    show('lost', `Not live since ${moment(sessionEnd)}: ${reason}. Trying again.`);
  },
  refused(status, line) {
    if (status === 401) askToken(line);
  },
}, silenceLimit);

function begin() {
  setText(document.getElementById('machine'), model.machine);
  sessionEnd = null;
  loadedPage ??= model.page;
  document.getElementById('notice').hidden = loadedPage === model.page;
  const wanted = picked();
  if (wanted !== null && detail.id === null && model.byId.has(wanted)) pick(wanted, false);
}

function show(state, text) {
  connection.dataset.state = document.body.dataset.connection = state;
  setText(connection, text);
}

function pick(id, isAsked = true) {
  table.select(id);
  detail.open(id);
  history.replaceState(null, '', `#pod=${encodeURIComponent(id)}`);
  if (isAsked) document.getElementById('detail-heading').focus();
}

function closeDetail() {
  const { id } = detail;
  if (id === null) return;
  detail.close();
  table.select(null);
  history.replaceState(null, '', location.pathname + location.search);
  table.focus(id);
}

function picked() {
  if (!location.hash.startsWith('#pod=')) return null;
  try {
    return decodeURIComponent(location.hash.slice(5));
  } catch {
    return null; // somebody has cut the address
  }
}

function askToken(reason) {
  stream.stop();
  setText(document.getElementById('login-reason'), reason);
  if (!login.open) login.showModal();
}

document.getElementById('login-form').addEventListener('submit', event => {
  event.preventDefault();
  const field = document.getElementById('login-token');
  keepToken(field.value);
  field.value = '';
  login.close();
  stream.start();
});
document.getElementById('reload').addEventListener('click', () => location.reload());
document.addEventListener('visibilitychange', () => {
  if (document.hidden) detail.pause();
  else {
    detail.resume();
    table.redraw();
  }
});
addEventListener('hashchange', () => {
  const id = picked();
  if (id !== null && id !== detail.id && model.byId.has(id)) pick(id);
});
const redraw = () => { table.redraw(); detail.redraw(); };
onThemeChange(redraw);
addEventListener('resize', redraw);
stream.start();
