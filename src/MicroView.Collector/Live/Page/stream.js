// Server-sent events over fetch: unlike EventSource it can show a token, and says why it was refused. Comes back by itself.

const tokenKey = 'microview-token';
const pauses = [300, 1000, 2000, 4000, 5000];

export const keepToken = token => sessionStorage.setItem(tokenKey, token);

export class Stream {
  // handlers: event(name, data), open(), lost(reason), refused(status, line)
  constructor(path, handlers, silenceLimit = 0) {
    Object.assign(this, { path, handlers, silenceLimit, stopped: true, failures: 0 });
  }

  start() {
    if (!this.stopped) return;
    this.stopped = false;
    this.run();
  }

  stop() {
    this.stopped = true;
    this.abort?.abort();
    this.wake?.();
  }

  async run() {
    const abort = this.abort = new AbortController();
    while (!this.stopped && this.abort === abort) {
      const reason = await this.read(abort.signal);
      if (this.stopped || this.abort !== abort) return;
      this.handlers.lost?.(reason);
      await new Promise(resolve => {
        this.wake = resolve;
        setTimeout(resolve, pauses[Math.min(this.failures++, pauses.length - 1)]);
      });
    }
  }

  // Reads until the end of the stream, and answers why it ended.
  async read(stopping) {
    const silence = new AbortController();
    let timer = 0;
    const hear = () => {
      clearTimeout(timer);
      if (this.silenceLimit) timer = setTimeout(() => silence.abort(), this.silenceLimit);
    };
    try {
      hear();
      const token = sessionStorage.getItem(tokenKey);
      const response = await fetch(this.path, {
        headers: token ? { Accept: 'text/event-stream', Authorization: `Bearer ${token}` } : { Accept: 'text/event-stream' },
        signal: AbortSignal.any([stopping, silence.signal]), cache: 'no-store',
      });
      if (!response.ok) {
        const line = (await response.text()).trim();
        if (!this.stopped) this.handlers.refused?.(response.status, line);
        return line || `the collector answers ${response.status}`;
      }
      await this.parse(response.body.pipeThrough(new TextDecoderStream()).getReader(), hear);
      return 'the collector ended the connection';
    } catch (error) {
      return silence.signal.aborted ? 'the collector has gone silent' : 'the collector cannot be reached';
    } finally {
      clearTimeout(timer);
    }
  }

  async parse(reader, hear) {
    this.handlers.open?.();
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done || this.stopped) return;
      hear();
      this.failures = 0;
      text += value;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        this.take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  }

  take(event) {
    let name = 'message', data = '';
    for (const line of event.split('\n')) {
      if (line.startsWith('event: ')) name = line.slice(7);
      else if (line.startsWith('data: ')) data += line.slice(6);
    }
    if (data) this.handlers.event(name, JSON.parse(data));
  }
}
