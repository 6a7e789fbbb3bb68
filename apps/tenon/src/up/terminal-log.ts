/** Log lines for whoever watches a terminal; programs are given JSON. */
import type { Sink } from '../cli/output';
import { styles } from '../cli/output';

/** Fields that every line has in its first words, or that say nothing to a person. */
const KNOWN = new Set(['level', 'time', 'name', 'service', 'msg', 'pid', 'hostname']);
const MOST_OF_A_FIELD = 200;

/** @returns a destination of the logger that writes `12:04:45 warn  batch  what happened  field=value` */
export function terminalLog(sink: Sink): { write(line: string): void } {
  const { dim, red, yellow } = styles(sink);
  const colours: Readonly<Record<string, (text: string) => string>> = { warn: yellow, error: red };
  return {
    write: (line) => {
      const fields = fieldsOf(line);
      if (fields === null) return void sink.write(line);
      const { level, time, service, msg } = fields;
      const colour = colours[String(level)] ?? ((text: string) => text);
      const words = [
        dim(new Date(String(time)).toTimeString().slice(0, 8)),
        colour(String(level).padEnd(5)),
        ...(service === undefined ? [] : [String(service).padEnd(11)]),
        String(msg),
        ...Object.entries(fields)
          .filter(([name]) => !KNOWN.has(name))
          .map(([name, value]) => dim(`${name}=${valueText(value)}`)),
      ];
      sink.write(`${words.join(' ')}\n`);
    },
  };
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Of an error its message: the stack is for who reads JSON. */
function valueText(value: unknown): string {
  const { message } = (typeof value === 'object' && value !== null ? value : {}) as { message?: unknown };
  const text =
    typeof message === 'string' ? message : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MOST_OF_A_FIELD ? `${text.slice(0, MOST_OF_A_FIELD)}…` : text;
}
