/** States messages as text: what they say, and others that say something else. */
import { isUnreadable, readFrame } from '@tenon/contracts';
import { checksumOf } from '@tenon/domain';

type Fields = Readonly<Record<string, unknown>>;

const textOf = (value: Uint8Array | string) =>
  typeof value === 'string' ? value : Buffer.from(value).toString('utf8');

/** What a message says, whoever wrote it. */
export function said(value: Uint8Array | string): Fields {
  const read = readFrame(Buffer.from(value));
  if (isUnreadable(read)) throw new Error(read.reason);
  const { id: _id, range: _range, ...message } = read.message as unknown as Fields;
  return { ...message, cells: read.cells };
}

/** The same with other fields in its header, as whoever writes those would write it; of this edition or of the one before. */
export function changed(value: Uint8Array | string, fields: Fields): string {
  const text = textOf(value);
  if (text.startsWith('{')) return JSON.stringify({ ...(JSON.parse(text) as Fields), ...fields });
  const [, header = '', ...cells] = text.split('\n');
  const body = [JSON.stringify({ ...(JSON.parse(header) as Fields), ...fields }), ...cells].join('\n');
  return `T3 ${checksumOf(Buffer.from(body)).toString(16).padStart(8, '0')}\n${body}`;
}

/** The type that its header says. */
export function typeOf(value: Uint8Array | string): string {
  const [, header = '{}'] = textOf(value).split('\n');
  return (JSON.parse(header) as { readonly type: string }).type;
}
