/** What there is to change in the code of a setting: every line that some interleaving comes to, and what lies around it. */
import { type Micro, type MicroOp, Op, type OpCode } from '../../simulator/index.js';
import type { Setting } from '../scenario.js';
import { changed, isStep, lineOf, type Place, Trace } from './changed.js';
import type { LockId, LockName } from './locks.js';

/** Where a line was met first. */
export interface Site {
  readonly line: string;
  readonly kind: string;
  readonly actor: string;
  readonly piece: string;
  /** Number among the operations of the piece, from 1. */
  readonly operation: number;
  readonly op: MicroOp;
  /** A flush of some page can be put after it. */
  canFlush: boolean;
  inMonitor: boolean;
  /** Of an unlock: something comes after it, and a flush is waited for after it. */
  goesOn: boolean;
  waitsLater: boolean;
}

/** A load of an entry, and a line that comes after it with something in between, or right behind it. */
export interface Pair {
  readonly load: Site;
  readonly use: Site;
}

/** Operations that change an entry. */
const CHANGES: ReadonlySet<OpCode> = new Set([
  Op.pteStore,
  Op.pteExchange,
  Op.pteChange,
  Op.pteUpgrade,
  Op.pteUnmap,
  Op.mapPage,
  Op.pteMonitor,
  Op.replaceFrame,
]);

export class Survey {
  readonly sites = new Map<string, Site>();
  /** Loads, and what is done later on the strength of them. */
  readonly apart = new Map<string, Pair>();
  /** Loads, and changes of the same entry right behind them. */
  readonly together = new Map<string, Pair>();
  /** Locks that are taken, and the kinds of pieces that take them. */
  readonly locks = new Map<LockId, { readonly op: MicroOp; readonly kinds: Set<string> }>();
  readonly kinds = new Map<string, Site>();
  readonly #lockOf: LockName;

  constructor(lockOf: LockName) {
    this.#lockOf = lockOf;
  }

  /** The setting, watched: a search of it fills the survey. */
  watch(setting: Setting): Setting {
    return changed(setting, (code, place) => this.#watched(code(), place));
  }

  *#watched(code: Micro, place: Place): Micro {
    const trace = new Trace();
    const before: Site[] = [];
    let loads: number[] = [];
    for (let turn = code.next(0); !turn.done; ) {
      const op = turn.value;
      if (isStep(op)) {
        const site = this.#note(op, place, before.length + 1);
        this.#noteLoads(site, before, loads);
        for (const { op: earlier, line } of before) if (earlier.code === Op.unlock) this.#noteAfter(line, op);
        if (op.code === Op.pteLoad) loads.push(before.length);
        before.push(site);
      } else if (op.code === Op.settle) loads = [];
      const result = yield op;
      trace.after(op);
      if (isStep(op)) this.#noteTrace(before.at(-1)!, trace);
      turn = code.next(result);
    }
  }

  #note(op: MicroOp, { actor, piece, kind }: Place, operation: number): Site {
    const line = lineOf(kind, op);
    if (op.code === Op.lock) {
      const id = this.#lockOf(op);
      const lock = this.locks.get(id) ?? { op, kinds: new Set() };
      lock.kinds.add(kind);
      this.locks.set(id, lock);
    }
    const known = this.sites.get(line);
    if (known !== undefined) return known;
    const nothing = { canFlush: false, inMonitor: false, goesOn: false, waitsLater: false };
    const site = { line, kind, actor: actor.name, piece: piece.label, operation, op, ...nothing };
    this.sites.set(line, site);
    if (!this.kinds.has(kind)) this.kinds.set(kind, site);
    return site;
  }

  #noteLoads(use: Site, before: readonly Site[], loads: readonly number[]): void {
    for (const at of loads) {
      const load = before[at]!;
      const pair = { load, use };
      const key = `${load.line} -> ${use.line}`;
      if (at < before.length - 1) this.apart.set(key, pair);
      else if (CHANGES.has(use.op.code) && use.op.page === load.op.page) this.together.set(key, pair);
    }
  }

  #noteAfter(unlock: string, { code }: MicroOp): void {
    const site = this.sites.get(unlock)!;
    if (code !== Op.resume) site.goesOn = true;
    if (code === Op.flushWait) site.waitsLater = true;
  }

  #noteTrace(site: Site, { inKernel, inMonitor, flushing, restricted, named }: Trace): void {
    if (!inKernel || flushing || (restricted < 0 && named < 0)) return;
    site.canFlush = true;
    site.inMonitor ||= inMonitor;
  }
}
