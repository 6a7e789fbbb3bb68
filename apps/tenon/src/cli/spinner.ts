/** A sign of life while something is waited for. On no terminal it is one plain line. */
import type { Sink } from './output';
import { seconds } from './output';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export interface Spinner {
  stop(): void;
}

/** @param text null: nothing is shown */
export function spin(sink: Sink, text: string | null): Spinner {
  if (text === null) return { stop: () => undefined };
  if (!sink.isTTY) {
    sink.write(`${text}\n`);
    return { stop: () => undefined };
  }
  const started = performance.now();
  let frame = 0;
  const draw = () =>
    sink.write(
      `\r${FRAMES[frame++ % FRAMES.length]} ${text} ${seconds(performance.now() - started)}\u001b[K`,
    );
  const timer = setInterval(draw, 100);
  draw();
  let stopped = false;
  return {
    stop: () => {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      sink.write('\r\u001b[K');
    },
  };
}
