/**
 * A trail as a source: the accesses it recorded, to be played again under another strategy or machine. Program time is that
 * of the accesses, so the first strategy's overhead does not travel along; and an access that was recorded as one write per page
 * it touched comes back whole (its later parts have a step of their own), because a harvest never falls between them.
 */
import { basename } from 'node:path';
import { type AccessBatch, AccessKind } from '../../simulator/index.js';
import { EventBatch, kindMask, read, type SourceMeta, TrailReader, write } from '../../traces/index.js';
import type { AccessSource } from './source.js';

/** Step names of the later parts of an access, by whether it is a load. */
const CONTINUED = ['store, continued', 'load, continued'];
const { offset: OFFSET, size: SIZE, program: PROGRAM } = write.slot;

/** @throws InputError for a file that is no trail, or of another version */
export function openTrail({ path, reads }: { readonly path: string; readonly reads: boolean }): AccessSource {
  return new TrailSource(TrailReader.open(path), basename(path), reads);
}

class TrailSource implements AccessSource {
  readonly meta: SourceMeta;
  readonly skipped = { lines: 0, firstLine: null };
  readonly failure = null;
  programNs = 0;

  readonly #reader: TrailReader;
  readonly #kinds: number;
  /** Step numbers of the later parts of a store and of a load; -1 where the trail has no such step. */
  readonly #continued: readonly number[];
  readonly #events = new EventBatch();
  #chunk = 0;
  #row = 0;
  #heldActor = -1;
  /** The access read last; it may still grow by what lies behind the page border. */
  #held = { page: 0, offset: 0, size: 0, cpu: 0, kind: 0, program: 0 };

  constructor(reader: TrailReader, name: string, reads: boolean) {
    const { source } = reader.meta;
    this.meta = {
      kind: 'trail',
      name,
      programTime: source.programTime,
      reads: reads && source.reads,
      parameters: {
        // A replay of a replay still plays what was recorded first.
        of: source.kind === 'trail' ? String(source.parameters['of']) : `${source.kind}:${source.name}`,
        strategy: reader.meta.strategy ?? 'observed',
      },
    };
    this.#reader = reader;
    this.#continued = CONTINUED.map((name) => reader.meta.steps.indexOf(name));
    this.#kinds = reads ? kindMask('write', 'read') : kindMask('write');
  }

  get progress(): number {
    return this.#reader.chunks.length === 0 ? 1 : this.#chunk / this.#reader.chunks.length;
  }

  fill(batch: AccessBatch): number {
    const before = batch.length;
    while (batch.length < batch.capacity) {
      if (this.#row === this.#events.length && !this.#nextChunk()) {
        this.#release(batch);
        const { ending } = this.#reader;
        if (ending !== null && ending.cpus === 1) this.programNs = Math.max(this.programNs, ending.programNs);
        break;
      }
      this.#take(batch, this.#row++);
    }
    return batch.length - before;
  }

  close(): void {
    this.#reader.close();
  }

  /** Decodes the next chunk that has accesses; false at the end. */
  #nextChunk(): boolean {
    this.#events.length = 0;
    this.#row = 0;
    while (this.#chunk < this.#reader.chunks.length && this.#events.length === 0) {
      this.#reader.readChunk(this.#chunk++, this.#events, this.#kinds);
    }
    return this.#events.length > 0;
  }

  #take(batch: AccessBatch, row: number): void {
    const { kind, cpu, actor, page, step, slots } = this.#events;
    const held = this.#held;
    const isRead = kind[row] === read.code ? 1 : 0;
    const offset = slots[OFFSET]![row]!;
    const size = slots[SIZE]![row]!;
    const program = slots[PROGRAM]![row]!;
    const continues = held.size > 0 && step[row] === this.#continued[isRead] && actor[row] === this.#heldActor;
    if (continues) {
      held.size += size;
      return;
    }
    this.#release(batch);
    this.#heldActor = actor[row]!;
    held.page = page[row]!;
    held.offset = offset;
    held.size = size;
    held.cpu = Math.max(0, cpu[row]!);
    held.kind = isRead ? AccessKind.load : this.#kindOfWriter(actor[row]!);
    held.program = program;
    if (program > this.programNs) this.programNs = program;
  }

  /** Writers without a CPU are told by their actor. */
  #kindOfWriter(actor: number): number {
    const name = this.#reader.meta.actors[actor];
    if (name === 'device') return AccessKind.deviceWrite;
    return name === 'kernel' ? AccessKind.kernelWrite : AccessKind.store;
  }

  /** Hands over the access held back. */
  #release(batch: AccessBatch): void {
    const held = this.#held;
    if (held.size === 0) return;
    const i = batch.length++;
    batch.page[i] = held.page;
    batch.offset[i] = held.offset;
    batch.size[i] = held.size;
    batch.cpu[i] = held.cpu;
    batch.kind[i] = held.kind;
    batch.program[i] = held.program;
    held.size = 0;
  }
}
