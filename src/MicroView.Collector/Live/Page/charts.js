// Lines on canvases, in the colours of the page. What they show stands beside them as text.

const still = matchMedia('(prefers-reduced-motion: reduce)');
let colours = null;

export const isStill = () => still.matches;

export function onThemeChange(redraw) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { colours = null; redraw(); });
  matchMedia('(forced-colors: active)').addEventListener('change', () => { colours = null; redraw(); });
}

function theme() {
  if (colours) return colours;
  const style = getComputedStyle(document.documentElement);
  const read = name => style.getPropertyValue(name).trim();
  return colours = { line: read('--accent'), alarm: read('--alarm'), quiet: read('--quiet'), grid: read('--line'), ground: read('--alarm-ground'), font: '11px system-ui, sans-serif' };
}

// A context in CSS pixels, sharp on any screen; null while the canvas is not shown.
function begin(canvas) {
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width || !height) return null;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

// Where a value is missing the line is broken.
function line(context, count, x, y, value) {
  context.beginPath();
  let drawing = false;
  for (let i = 0; i < count; i++) {
    const at = value(i);
    if (!Number.isFinite(at)) drawing = false;
    else if (drawing) context.lineTo(x(i), y(at));
    else {
      context.moveTo(x(i), y(at));
      drawing = true;
      if (i + 1 >= count || !Number.isFinite(value(i + 1))) context.lineTo(x(i) + 1, y(at)); // a point alone is seen as well
    }
  }
  context.stroke();
}

// A pod's score in thresholds; the dashed line is the threshold.
export function drawScore(canvas, points, length, isLarge) {
  const place = begin(canvas);
  if (!place) return;
  const { context, width, height } = place, { line: ink, alarm, quiet, grid, ground, font } = theme();
  const left = isLarge ? 30 : 0, bottom = isLarge ? 18 : 1;
  const most = Math.max(1.25, ...points.filter(Number.isFinite)) * 1.05;
  const x = i => left + (width - left - 2) * (length - points.length + i) / (length - 1);
  const y = value => (height - bottom) - (height - bottom - 3) * Math.min(value, most) / most;
  if (isLarge) {
    context.fillStyle = ground;
    context.fillRect(left, 0, width - left, y(1));
    context.fillStyle = quiet;
    context.font = font;
    context.textBaseline = 'middle';
    context.fillText('1', 16, y(1));
    context.fillText('0', 16, y(0));
    if (most > 2.5) context.fillText(most.toFixed(0), 4, Math.max(7, y(most)));
    context.textBaseline = 'alphabetic';
    ['−2 min', '−1 min', 'now'].forEach((label, at) => {
      context.textAlign = ['left', 'center', 'right'][at];
      context.fillText(label, left + (width - left) * at / 2, height - 4);
    });
    context.textAlign = 'left';
    context.strokeStyle = grid;
    context.strokeRect(left + .5, .5, width - left - 1, height - bottom);
  }
  context.lineWidth = 1;
  context.strokeStyle = alarm;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(left, y(1));
  context.lineTo(width, y(1));
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = isLarge ? 1.8 : 1.3;
  context.strokeStyle = ink;
  context.lineJoin = 'round';
  line(context, points.length, x, y, i => points[i]);
}

// Values over their times, between the least and the most of them.
export function drawTrend(canvas, times, values, span) {
  const place = begin(canvas);
  if (!place || !times.length) return;
  const { context, width, height } = place;
  let least = Infinity, most = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const end = times[times.length - 1], begun = end - span, range = most - least;
  const x = i => (width - 2) * (times[i] - begun) / span;
  const y = value => range > 0 ? (height - 3) - (height - 6) * (value - least) / range : height / 2;
  context.lineWidth = 1.3;
  context.lineJoin = 'round';
  context.strokeStyle = theme().line;
  line(context, times.length, x, y, i => values[i]);
}
