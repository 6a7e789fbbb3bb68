/** Golden files: each message of the wire as a version of the services wrote it, to the byte. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const GOLDEN = resolve(__dirname, '../../../../libs/contracts/golden');

/** One message where it travels. `value` is the text of the record's value, of the payload or of the document. */
export type Golden =
  | {
      readonly topic: string;
      readonly key: string | null;
      readonly headers: Readonly<Record<string, string>>;
      readonly value: string;
    }
  | {
      readonly subject: string;
      readonly kind: 'message' | 'request' | 'reply';
      readonly headers: Readonly<Record<string, string>>;
      readonly value: string;
    }
  | { readonly table: 'meta' | 'base' | 'speed'; readonly key: string; readonly value: string }
  | { readonly http: string; readonly value: string };

/** Message name → the golden messages of that name. */
export type GoldenSet = Readonly<Record<string, readonly Golden[]>>;

/** Asked to add the golden files of a new edition. */
export const isRewriting = process.env.TENON_GOLDEN === 'write';

const folderOf = (edition: number) => join(GOLDEN, `v${edition}`);

export function readGolden(edition: number): GoldenSet {
  const folder = folderOf(edition);
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => [
        file.slice(0, -'.json'.length),
        JSON.parse(readFileSync(join(folder, file), 'utf8')) as Golden[],
      ]),
  );
}

/** Writes what is not there yet: what once was written on the wire never changes. */
export function writeGolden(edition: number, golden: GoldenSet): void {
  const folder = folderOf(edition);
  mkdirSync(folder, { recursive: true });
  for (const [name, messages] of Object.entries(golden)) {
    const file = join(folder, `${name}.json`);
    if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(messages, null, 2)}\n`);
  }
}
