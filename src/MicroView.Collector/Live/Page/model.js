// What the collector has told so far: pods, alarms, health (docs/live-page.md). Knows nothing of the document.

export const historyLength = 120;

const marks = { warm: 4, stale: 8, quarantined: 16, alarm: 32 };
const phases = ['waiting', 'off', 'learning', 'watching'];
// Most urgent first; sorting by state goes by this.
const urgency = ['alarm', 'quarantined', 'stale', 'waiting', 'learning', 'warm', 'watching', 'off'];

export class Pod {
  constructor(told) {
    this.history = [];
    this.peak = NaN;
    this.marks = 0;
    this.describe(told);
    if (told.history) this.history = told.history.map(point => point === null ? NaN : point / 100);
  }

  describe({ n, id, service = '', container = '', kind, lmap, metrics }) {
    Object.assign(this, { n, id, service, container, kind, lmap, metrics });
    this.words = `${id}\n${service}\n${container}`.toLowerCase();
  }

  observe([, told, score = null, threshold = null, progress = -1, remaining = -1, fresh = 0]) {
    Object.assign(this, { marks: told, score, threshold, progress, remaining, fresh });
    this.ratio = score !== null && threshold > 0 ? score / threshold : NaN;
    if (!(this.peak >= this.ratio)) this.peak = this.ratio;
  }

  // The second is over.
  close() {
    this.history.push(this.peak);
    if (this.history.length > historyLength) this.history.shift();
    this.peak = this.ratio ?? NaN;
  }

  get phase() { return phases[this.marks & 3]; }
  get isWarm() { return (this.marks & marks.warm) !== 0; }
  get isStale() { return (this.marks & marks.stale) !== 0; }
  get isQuarantined() { return (this.marks & marks.quarantined) !== 0; }
  get hasAlarm() { return (this.marks & marks.alarm) !== 0; }

  // The one word that matters most.
  get state() {
    if (this.isQuarantined) return 'quarantined';
    if (this.isStale) return 'stale';
    if (this.hasAlarm) return 'alarm';
    return this.phase === 'watching' && this.isWarm ? 'warm' : this.phase;
  }

  get urgency() { return urgency.indexOf(this.hasAlarm ? 'alarm' : this.state); }

  // Of the last two minutes, in thresholds; NaN when no row was judged.
  get highest() { return this.history.reduce((most, point) => point <= most || Number.isNaN(point) ? most : point, NaN); }
}

export class Model {
  constructor() {
    this.reset();
  }

  reset() {
    this.pods = new Map();
    this.byId = new Map();
    this.alarms = new Map();
    this.health = null;
  }

  // Answers what changed: { pods: changed ones, gone: [pods], alarms: new or changed, second, full }.
  apply(name, told) {
    const full = name === 'full';
    // Numbers of alarms mean something within one run of the collector.
    const known = full && told.instance === this.instance ? new Set(this.alarms.keys()) : new Set();
    if (full) this.reset();
    if (full) Object.assign(this, { instance: told.instance, page: told.page, machine: told.machine, interval: told.interval });
    this.now = told.now;
    this.clockLead = told.now - Date.now();
    const changed = new Set(), gone = [];
    for (const n of told.gone ?? []) {
      const pod = this.pods.get(n);
      this.pods.delete(n);
      if (!pod) continue;
      if (this.byId.get(pod.id) === pod) this.byId.delete(pod.id);
      gone.push(pod);
    }
    for (const entry of told.pods ?? []) {
      let pod = this.pods.get(entry.n);
      if (pod) pod.describe(entry);
      else this.pods.set(entry.n, pod = new Pod(entry));
      this.byId.set(pod.id, pod);
      changed.add(pod);
    }
    for (const entry of told.scores ?? []) {
      const pod = this.pods.get(entry[0]);
      pod?.observe(entry);
      if (pod) changed.add(pod);
    }
    for (const alarm of told.alarms ?? []) this.alarms.set(alarm.n, alarm);
    if (told.health) this.health = told.health;
    const second = Boolean(told.health) && !full;
    if (second) for (const pod of this.pods.values()) pod.close();
    return { changed, gone, alarms: told.alarms ?? [], known, second, full };
  }

  // The collector's time now.
  get time() { return Date.now() + this.clockLead; }
}
