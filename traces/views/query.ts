/**
 * SQL over trails. The statement runs in a database in memory that holds nothing but virtual tables, one per view; their
 * rows come from the readers of the trails, each with a connection of its own. So no SQL of a user ever runs against a
 * file, and nothing can be changed.
 */
import Database from 'better-sqlite3';
import { EventBatch } from '../batch.js';
import type { TrailReader } from '../file/index.js';
import { type Cell, exact, type ViewContext, type ViewDefinition } from './define.js';
import { neededColumns } from './needed-columns.js';
import { refusal, sqlProblem } from './sql-problems.js';
import { VIEWS } from './views.js';

/** A value of a result: integers beyond 2^53 are decimal text. */
export type Value = number | string | null;

export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly Value[][];
}

/** Batches kept for the next scan; a join alternates between a few. */
const BATCHES_KEPT = 4;

/**
 * Opens trails for queries: `main` under the plain names of the views, `b` as schema `b`.
 * @param extraViews views besides those of this room
 */
export function openQuery(
  trails: { main: TrailReader; b?: TrailReader },
  extraViews: readonly ViewDefinition[] = [],
): Query {
  return new Query(trails, [...VIEWS, ...extraViews]);
}

/** The second form of `Database.table`, which its types leave out. */
type TableFactory = () => {
  columns: string[];
  parameters: string[];
  rows: (...given: unknown[]) => Generator<Cell[]>;
};

export class Query {
  readonly views: readonly ViewDefinition[];
  readonly #db = new Database(':memory:');
  #needs: (column: string) => boolean = () => true;

  constructor(trails: { main: TrailReader; b?: TrailReader }, views: readonly ViewDefinition[]) {
    this.views = views;
    this.#addSchema('main', trails.main);
    if (trails.b !== undefined) {
      this.#db.exec("ATTACH ':memory:' AS b");
      this.#addSchema('b', trails.b);
    }
    this.#db.pragma('query_only = ON');
  }

  /** @throws UsageError when the statement is wrong, InputError when the trail cannot be read */
  query(sql: string): QueryResult {
    const { columns, rows } = this.iterate(sql);
    return { columns, rows: [...rows] };
  }

  /** The same, row by row, for results of any size. One at a time. */
  iterate(sql: string): { columns: readonly string[]; rows: Generator<Value[]> } {
    const statement = this.#prepare(sql);
    const columns = statement.columns().map(({ name }) => name);
    return { columns, rows: this.#rows(sql, statement) };
  }

  close(): void {
    this.#db.close();
  }

  #prepare(sql: string): Database.Statement<[], unknown[]> {
    try {
      const statement = this.#db.prepare<[], unknown[]>(sql);
      const refused = refusal(sql, statement);
      if (refused !== null) throw refused;
      // Raw rows keep columns of equal names apart; safe integers keep 64 bits.
      return statement.raw().safeIntegers();
    } catch (error) {
      throw sqlProblem(error, this.views);
    }
  }

  *#rows(sql: string, statement: Database.Statement<[], unknown[]>): Generator<Value[]> {
    this.#needs = neededColumns(sql);
    try {
      for (const row of statement.iterate()) yield row.map(valueOf);
    } catch (error) {
      throw sqlProblem(error, this.views);
    }
  }

  #addSchema(schema: string, trail: TrailReader): void {
    const context = new TrailContext(trail, (column) => this.#needs(column));
    for (const view of this.views) {
      const module = `pagetrail_${schema}_${view.name}`;
      // A factory makes a module that tables can be made of, and only tables can live in schema b.
      const factory: TableFactory = () => ({
        columns: view.columns.map(({ name }) => name),
        parameters: (view.parameters ?? []).map(({ name }) => name),
        *rows(...given: unknown[]) {
          for (const row of view.rows(context, given.map(argumentOf))) {
            for (let i = 0; i < row.length; i++) {
              const cell = row[i];
              if (typeof cell === 'number') row[i] = exact(cell);
            }
            yield row;
          }
        },
      });
      this.#db.table(module, factory as never);
      this.#db.exec(`CREATE VIRTUAL TABLE ${schema}.${view.name} USING ${module}`);
    }
  }
}

/** A batch and what it holds; a chunk that has grown since is read again. */
interface Held {
  readonly batch: EventBatch;
  chunk: number;
  kinds: number;
  events: number;
}

class TrailContext implements ViewContext {
  readonly trail: TrailReader;
  readonly needs: (column: string) => boolean;
  readonly #idle: Held[] = [];
  readonly #lent = new Map<EventBatch, Held>();

  constructor(trail: TrailReader, needs: (column: string) => boolean) {
    this.trail = trail;
    this.needs = needs;
  }

  // Bound, so that views may take them out of the context.
  readonly borrow = (chunk: number, kinds: number): EventBatch => {
    const { events } = this.trail.chunks[chunk]!;
    const held = this.#idle.findIndex(
      (entry) => entry.chunk === chunk && entry.kinds === kinds && entry.events === events,
    );
    const [entry = { batch: new EventBatch(), chunk: -1, kinds: 0, events: 0 }] =
      held >= 0 ? this.#idle.splice(held, 1) : this.#idle.splice(0, 1);
    if (held < 0) {
      this.trail.readChunk(chunk, entry.batch, kinds);
      entry.chunk = chunk;
      entry.kinds = kinds;
      entry.events = events;
    }
    this.#lent.set(entry.batch, entry);
    return entry.batch;
  };

  readonly giveBack = (batch: EventBatch): void => {
    const entry = this.#lent.get(batch);
    this.#lent.delete(batch);
    if (entry !== undefined && this.#idle.length < BATCHES_KEPT) this.#idle.push(entry);
  };
}

/** Not given and '*' both mean no bound. */
function argumentOf(given: unknown): Cell {
  return given === undefined || given === '*' ? null : (given as Cell);
}

function valueOf(cell: unknown): Value {
  if (typeof cell === 'bigint') {
    const number = Number(cell);
    return Number.isSafeInteger(number) ? number : String(cell);
  }
  return cell instanceof Uint8Array ? `0x${Buffer.from(cell).toString('hex')}` : (cell as Value);
}
