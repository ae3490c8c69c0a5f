// Text for people. Everything that comes from pods goes through textContent, here and elsewhere: it is theirs to choose.

const prefixes = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];

export const none = '–';

// 1234567 as 1.235 M; small numbers in four digits.
export function amount(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return none;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  for (const [unit, prefix] of prefixes) if (size >= unit * (unit === 1e3 ? 10 : 1)) return `${trim(value / unit)}\u00a0${prefix}`;
  return size !== 0 && size < 1e-4 ? value.toExponential(2) : trim(value);
}

export const bytes = value => value >= 2 ** 30 ? `${(value / 2 ** 30).toFixed(2)} GiB` : `${(value / 2 ** 20).toFixed(0)} MiB`;

export function percent(share) {
  if (share === null || share === undefined || Number.isNaN(share)) return none;
  const value = share * 100;
  return `${value < 10 ? value.toFixed(1) : value < 10000 ? value.toFixed(0) : '>9999'}\u00a0%`;
}

export function duration(milliseconds) {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}

export function moment(milliseconds) {
  const time = new Date(milliseconds);
  const clock = time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return time.toDateString() === new Date().toDateString() ? clock : `${time.toLocaleDateString()} ${clock}`;
}

function trim(value) {
  return String(Number(value.toPrecision(4)));
}

// Sets text only where it differs: what stands still costs nothing, and a screen reader is not told of it again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'class') made.className = value;
    else if (key === 'text') made.textContent = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// A list of terms, made once and then only its texts changed.
export function facts(list, pairs) {
  pairs.forEach(([term, text, isBad], at) => {
    let pair = list.children[at];
    if (!pair) {
      pair = element('div', {}, element('dt'), element('dd'));
      list.append(pair);
    }
    setText(pair.firstChild, term);
    setText(pair.lastChild, text);
    pair.lastChild.classList.toggle('bad', Boolean(isBad));
  });
  while (list.children.length > pairs.length) list.lastChild.remove();
}
