// The values of one pod as they come: a ring of rows, and what each metric makes of them.

const capacity = 1200;
const spanMs = 60000;

export class Values {
  constructor({ interval, metrics }) {
    this.interval = interval;
    this.times = [];
    this.missed = 0;
    this.rows = 0;
    let column = 0;
    this.metrics = metrics.map(metric => {
      const made = { ...metric, column, points: [], value: NaN, rate: NaN, words: metric.name.toLowerCase() };
      column += metric.kind === 'histogram' ? 2 : 1;
      return made;
    });
    this.now = new Float64Array(column).fill(NaN);
    this.before = new Float64Array(column).fill(NaN);
  }

  // Takes rows of [time, rows missed before it, column, value, …]: what is not named has not changed.
  take(rows) {
    for (const row of rows) {
      this.before.set(this.now);
      for (let i = 2; i < row.length; i += 2) this.now[row[i]] = row[i + 1] ?? NaN;
      const seconds = (row[0] - (this.times.at(-1) ?? NaN)) / 1000;
      this.missed += row[1];
      this.rows++;
      this.times.push(row[0]);
      for (const metric of this.metrics) this.judge(metric, seconds);
    }
    const old = this.times.findIndex(time => time >= this.times.at(-1) - spanMs);
    const drop = Math.max(old, this.times.length - capacity);
    if (drop <= 0) return;
    this.times.splice(0, drop);
    for (const metric of this.metrics) metric.points.splice(0, drop);
  }

  // A counter's line is its rate, a histogram's its mean; a gauge's is itself.
  judge(metric, seconds) {
    const { now, before } = this, at = metric.column;
    const grown = now[at] - before[at], isCounter = metric.kind !== 'gauge';
    metric.rate = isCounter && seconds > 0 && grown >= 0 ? grown / seconds : NaN;
    if (metric.kind === 'histogram') {
      if (grown > 0) metric.value = (now[at + 1] - before[at + 1]) / grown;
      metric.points.push(grown > 0 ? metric.value : NaN);
    } else {
      metric.value = now[at];
      metric.points.push(isCounter ? metric.rate : metric.value);
    }
  }

  get span() { return spanMs; }

  // Rows a second over the last five.
  get pace() {
    const end = this.times.at(-1);
    const count = this.times.filter(time => time > end - 5000).length;
    const length = Math.min(5000, end - this.times[0]) / 1000;
    return length > 0 ? (length < 5 ? count - 1 : count) / length : NaN;
  }
}
