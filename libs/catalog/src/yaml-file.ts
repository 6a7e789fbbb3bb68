/** A YAML (or JSON) file and the places of its keys and values. */
import type { Place } from '@tenon/domain';
import { LineCounter, isMap, isPair, isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { Report } from './report';

export type Path = readonly (string | number)[];

export class YamlFile {
  private constructor(
    readonly file: string,
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  /** Reports every syntax error, duplicate keys included. @returns undefined if there was one. */
  static parse(file: string, text: string, report: Report): YamlFile | undefined {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const yaml = new YamlFile(file, document, lines);
    for (const error of document.errors) {
      report('yaml-syntax', `${file} can't be parsed: ${error.message}`, yaml.at(error.pos[0]));
    }
    if (document.errors.length > 0) return undefined;
    try {
      // Aliases that hold themselves, or each other many times over, are no data.
      JSON.stringify(document.toJS());
    } catch (error) {
      report(
        'yaml-syntax',
        `${file} can't be read: ${(error as Error).message.split('\n')[0]!}.`,
        yaml.at(0),
        'Write the values out instead of using aliases (*name).',
      );
      return undefined;
    }
    return yaml;
  }

  /** The file's content as plain values. */
  content(): unknown {
    return this.document.toJS();
  }

  /** Where the value at `path` stands; where it has none, its nearest parent. */
  place(path: Path): Place {
    for (let length = path.length; length > 0; length--) {
      const node: unknown = this.document.getIn(path.slice(0, length), true);
      const range = (node as { range?: readonly number[] | null } | undefined)?.range;
      if (range) return this.at(range[0]!);
    }
    return this.at(this.document.contents?.range?.[0] ?? 0);
  }

  /** Where the last key of `path` stands. */
  keyPlace(path: Path): Place {
    const parent: unknown =
      path.length === 1 ? this.document.contents : this.document.getIn(path.slice(0, -1), true);
    const last = String(path[path.length - 1]);
    if (isMap(parent)) {
      for (const pair of parent.items) {
        if (isPair(pair) && isScalar(pair.key) && String(pair.key.value) === last && pair.key.range) {
          return this.at(pair.key.range[0]);
        }
      }
    }
    return this.place(path);
  }

  private at(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** True for a mapping of keys to values. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
