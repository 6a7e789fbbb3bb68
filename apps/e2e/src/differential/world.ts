/**
 * One world: sources and products at random, and a run of a Tenon over them, with cuts, schema changes, products that come and
 * go, and restarts; after each step every product, Lambda and Kappa alike, must answer what plain DuckDB does.
 */
import type { SourceDefinition } from '@tenon/domain';
import type { Engine } from '@tenon/ports';
import type { Counters } from '../exactness/counters';
import { Random } from '../exactness/random';
import { Tenon } from '../tenon';
import { difference } from './compare';
import type { Oracle, OracleRows } from './oracle';
import type { DrawnProduct } from './products';
import { drawProduct, sqlOf } from './products';
import type { DrawnEvent, DrawnSource } from './sources';
import { drawEvent, drawSource, eventText, kindAt, sourceYaml } from './sources';

/** Names of sources and products that SQL, JavaScript, a topic, a store's key or a path could take for something else. */
const NAMES = [
  ...[
    'p',
    'from',
    'order',
    'select',
    'constructor',
    'valueOf',
    'toString',
    'hasOwnProperty',
    'Group',
    'data',
    'events',
    'table',
  ],
  ...[
    'null',
    'true',
    'x-y',
    'a--b',
    'a__b',
    'e',
    'meta',
    'pointer',
    'base',
    'tenon',
    'sources',
    'n1e5',
    'z',
    'prototype',
    'raw-',
  ],
  'long'.repeat(15),
];

const STEPS = 4;

interface Life {
  readonly source: DrawnSource;
  readonly name: string;
  /** Steps in which it is declared. */
  readonly declared: readonly number[];
  version: number;
  /** What it is since the last change of version; null before. */
  drawn: DrawnProduct | null;
  /** The step of that. */
  since: number;
}

/** Where a world is played: embedded, or on servers that others use as well. */
export interface Home {
  readonly environment: Readonly<Record<string, string>>;
  /** Ends each name of a source or product, so that nobody else's is the same. */
  readonly suffix: string;
}

const EMBEDDED: Home = { environment: {}, suffix: '' };

export interface Size {
  readonly sources: number;
  readonly products: number;
  /** At most, of a source in a step. */
  readonly events: number;
}

export class World {
  private readonly random: Random;
  private readonly tenon: Tenon;
  private readonly sources: DrawnSource[];
  private readonly lives: Life[];
  private readonly events = new Map<DrawnSource, DrawnEvent[]>();
  private readonly receipts = new Map<DrawnSource, string>();
  private step = 0;

  constructor(
    seed: number,
    private readonly size: Size,
    private readonly oracle: Oracle,
    private readonly engine: Engine,
    private readonly counters: Counters,
    { environment, suffix }: Home = EMBEDDED,
  ) {
    this.random = new Random(seed);
    this.tenon = new Tenon(environment);
    const names = this.random.shuffle(NAMES);
    const next = () => `${names.pop()?.slice(0, 60 - suffix.length)}${suffix}`;
    this.sources = Array.from({ length: size.sources }, () => drawSource(next(), this.random.fork(), STEPS));
    this.lives = this.sources.flatMap((source) =>
      Array.from({ length: size.products }, (_, index): Life => {
        const name = index === 0 && this.random.chance(0.4) ? source.name : next();
        return { source, name, declared: this.declaredIn(), version: 0, drawn: null, since: 0 };
      }),
    );
  }

  /** Mostly always, else from some step on, until some, or with a step left out. */
  private declaredIn(): number[] {
    const all = Array.from({ length: STEPS }, (_, index) => index);
    if (this.random.chance(0.5)) return all;
    const out = this.random.int(0, STEPS - 1);
    return this.random.pick([all.filter((step) => step >= out), all.filter((step) => step !== out)]);
  }

  async play(): Promise<void> {
    try {
      for (this.step = 0; this.step < STEPS; this.step++) {
        await this.declare();
        await this.check('declared');
        for (const source of this.sources) await this.send(source);
        await this.check('speed');
        if (this.random.chance(0.6)) await this.cut(this.random.chance(0.3));
      }
      this.step = STEPS - 1;
      await this.cut(true);
      await this.tenon.restart();
      await this.check('restarted');
    } finally {
      await this.tenon.stop();
    }
  }

  /** Writes the catalog of the step, and has Tenon take it. */
  private async declare(): Promise<void> {
    const { tenon, step } = this;
    for (const source of this.sources) tenon.file(`sources/${source.name}.yaml`, sourceYaml(source, step));
    for (const life of this.lives) await this.declareProduct(life);
    if (step === 0) await tenon.start();
    else if (this.random.chance(0.3)) {
      this.counters.add('restarts');
      await tenon.restart();
    } else await this.reload();
    const declared = this.lives.filter((life) => life.declared.includes(step));
    await tenon.serves(
      declared.flatMap((life) => twinsOf(life).map(([name]) => [name, life.version] as const)),
    );
  }

  private async reload(): Promise<void> {
    const { body } = await this.tenon.reload();
    const [instance] = (body['instances'] ?? []) as readonly { outcome?: string }[];
    // In a small world nothing may have changed in a step.
    if (!['reloaded', 'unchanged'].includes(instance?.outcome ?? ''))
      throw new Error(`not reloaded: ${JSON.stringify(body)}`);
    this.counters.add('reloads');
  }

  private async declareProduct(life: Life): Promise<void> {
    const { tenon, step } = this;
    const isDeclared = life.declared.includes(step);
    const wasDeclared = life.declared.includes(step - 1);
    if (isDeclared && (life.drawn === null || this.hasChanged(life) || this.random.chance(0.1))) {
      if (life.drawn !== null) this.counters.add('versions raised');
      else if (step > 0) this.counters.add('products added');
      life.drawn = await this.drawFor(life);
      life.version += 1;
      life.since = step;
    } else if (isDeclared && !wasDeclared && step > 0) this.counters.add('products back again');
    if (!isDeclared && wasDeclared) this.counters.add('products removed');
    for (const [name, topology] of twinsOf(life)) {
      for (const ending of ['sql', 'yaml']) tenon.remove(`products/${name}.${ending}`);
      if (!isDeclared || life.drawn === null) continue;
      tenon.file(`products/${name}.sql`, sqlOf(life.drawn, 'sql'));
      tenon.file(`products/${name}.yaml`, `version: ${life.version}\ntopology: ${topology}\n`);
    }
  }

  /** A column that it reads has another type than its version knows. */
  private hasChanged({ source, drawn, since }: Life): boolean {
    return source.fields.some(
      (field) =>
        drawn?.reads.includes(field.name) === true && kindAt(field, since) !== kindAt(field, this.step),
    );
  }

  /** What the planner takes. */
  private async drawFor({ source, name }: Life): Promise<DrawnProduct> {
    const { schema, key = [], time = null } = JSON.parse(sourceYaml(source, this.step)) as SourceDefinition;
    const definition: SourceDefinition = {
      ...{ name: source.name, key, time, schema, partitions: source.partitions, dedupe: { window: 1000 } },
    };
    let refused: unknown;
    for (let tries = 0; tries < 20; tries++) {
      const product = drawProduct(name, source, this.step, this.random.fork());
      const sql = sqlOf(product, 'sql');
      try {
        await this.engine.plan(definition, {
          name,
          version: 1,
          sql,
          topology: 'lambda',
          retentionMicros: null,
        });
        this.counters.add('products planned');
        return product;
      } catch (error) {
        refused = error;
        this.counters.add('products refused');
        if (process.env['TENON_DIFFERENTIAL_SHOW'] !== undefined) console.info(sql, JSON.stringify(error));
      }
    }
    throw new Error(`no product is planned: ${JSON.stringify(refused)}`, { cause: refused });
  }

  private async send(source: DrawnSource): Promise<void> {
    const known = this.events.get(source) ?? [];
    this.events.set(source, known);
    const number = this.random.int(0, this.size.events);
    if (number === 0) return;
    const events = Array.from({ length: number }, (_, index) =>
      drawEvent(source, (this.step + 1) * 1000 + index, this.random.fork()),
    );
    const { status, body } = await this.tenon.send(source.name, events.map(eventText));
    if (status !== 202) throw new Error(`${source.name}: ${status} ${JSON.stringify(body)}`);
    const items = body['items'] as readonly { index: number; code: string }[];
    for (const [index, event] of events.entries()) {
      const item = items[index] as { index: number; code: string };
      if (item.code === 'accepted') known.push(event);
      else if (event.doubtful) this.counters.add('doubtful events refused');
      else
        throw new Error(
          `${source.name} refuses ${eventText(event)}: ${JSON.stringify(item)}\n${sourceYaml(source, this.step)}`,
        );
    }
    this.counters.add('events', events.length);
    this.receipts.set(source, body['receipt'] as string);
  }

  private async cut(full: boolean): Promise<void> {
    const { status, body } = await this.tenon.cut(full);
    if (status !== 202) throw new Error(`cut: ${status} ${JSON.stringify(body)}`);
    this.counters.add(full ? 'full cuts' : 'cuts');
    await this.check(full ? 'full cut' : 'cut', 'batch');
    await this.check(full ? 'full cut' : 'cut');
  }

  /** Every product that is declared, against the oracle. */
  private async check(when: string, layer = 'merged'): Promise<void> {
    for (const source of this.sources) {
      const lives = this.lives.filter((life) => life.source === source && life.declared.includes(this.step));
      const events = this.events.get(source) ?? [];
      if (lives.length > 0) await this.oracle.load(source, this.step, events);
      for (const life of lives) await this.checkProduct(life, when, layer);
    }
  }

  private async checkProduct(life: Life, when: string, layer: string): Promise<void> {
    const product = life.drawn as DrawnProduct;
    const expected = await this.oracle.rows(life.source, product);
    for (const [name] of twinsOf(life)) {
      const receipt = this.receipts.get(life.source);
      const limit = String(this.random.pick([1, 3, 1000, 1000, 1000]));
      // Columns may be called as options are, and take their plain names then.
      const query = {
        'option.limit': limit,
        'option.layer': layer,
        ...(layer === 'merged' &&
          receipt !== undefined && { 'option.after': receipt, 'option.timeout': '30000' }),
      };
      const answer = await this.tenon.rows(name, query);
      const wrong =
        answer.status === 200
          ? difference(product, answer.rows, expected)
          : `${answer.status} ${JSON.stringify(answer.body)}`;
      if (wrong !== null)
        throw new Error(this.report(life, name, expected, `step ${this.step}, ${when}, ${layer}: ${wrong}`));
      this.counters.add(`answers compared (${layer})`);
      this.counters.add('rows compared', answer.rows.length);
    }
  }

  private report(
    { source, drawn, version }: Life,
    name: string,
    { unread }: OracleRows,
    wrong: string,
  ): string {
    const events = (this.events.get(source) ?? []).map(eventText).join('\n');
    return [
      `${name}@${version}: ${wrong}`,
      sqlOf(drawn as DrawnProduct, 'sql'),
      `--- ${source.name} (${source.partitions} partitions)\n${sourceYaml(source, this.step)}`,
      `--- events, of which DuckDB can't read ${JSON.stringify(unread)}\n${events}`,
    ].join('\n');
  }
}

const twinsOf = ({ name }: Life): readonly (readonly [name: string, topology: string])[] => [
  [name, 'lambda'],
  [`${name}_k`, 'kappa'],
];
