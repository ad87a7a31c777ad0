/**
 * A trail as a source: the accesses and operations it recorded, to be played again under another strategy or machine. Program time is
 * that of the accesses, so the first strategy's overhead does not travel along; and an access that was recorded as one write per page
 * it touched comes back whole (its later parts have a step of their own), because a harvest never falls between them.
 */
import { basename } from 'node:path';
import { InputError, PAGE_SIZE } from '../../base/index.js';
import { type AccessBatch, AccessKind } from '../../simulator/index.js';
import {
  chunksOf,
  EventBatch,
  kindMask,
  operation,
  OPERATIONS,
  read,
  type SourceMeta,
  TrailReader,
  write,
} from '../../traces/index.js';
import type { AccessSource } from './source.js';

/** Step names of the later parts of an access, by whether it is a load. */
const CONTINUED = ['store, continued', 'load, continued'];
const { offset: OFFSET, size: SIZE, program: PROGRAM } = write.slot;
/** Process numbers are one byte in an access. */
const PROCESSES_MAX = 256;

/** @throws InputError for a file that is no trail, or of another version */
export function openTrail({ path, reads }: { readonly path: string; readonly reads: boolean }): AccessSource {
  return new TrailSource(TrailReader.open(path), basename(path), reads);
}

class TrailSource implements AccessSource {
  readonly meta: SourceMeta;
  readonly skipped = { lines: 0, firstLine: null };
  failure: InputError | null = null;
  programNs = 0;

  readonly #reader: TrailReader;
  /** Step numbers of the later parts of a store and of a load; -1 where the trail has no such step. */
  readonly #continued: readonly number[];
  readonly #chunks: Generator<EventBatch, void>;
  #events = new EventBatch(1);
  /** Chunks taken. */
  #taken = 0;
  #row = 0;
  #heldActor = -1;
  /** The access read last; it may still grow by what lies behind the page border. */
  readonly #held = { isHeld: false, page: 0, offset: 0, size: 0, cpu: 0, kind: 0, process: 0, program: 0 };

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
    this.#chunks = chunksOf(reader, reads ? kindMask('write', 'operation', 'read') : kindMask('write', 'operation'));
  }

  get progress(): number {
    return this.#reader.chunks.length === 0 ? 1 : this.#taken / this.#reader.chunks.length;
  }

  fill(batch: AccessBatch): number {
    const before = batch.length;
    while (batch.length < batch.capacity && this.failure === null) {
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
    this.#chunks.return();
    this.#reader.close();
  }

  /** Decodes the next chunk that has accesses; false at the end. */
  #nextChunk(): boolean {
    do {
      const next = this.#chunks.next();
      if (next.done === true) return false;
      this.#events = next.value;
      this.#row = 0;
      this.#taken++;
    } while (this.#events.length === 0);
    return true;
  }

  #take(batch: AccessBatch, row: number): void {
    const { kind, cpu, actor, page, space, step, slots } = this.#events;
    const held = this.#held;
    if (kind[row] === operation.code) return this.#takeOperation(batch, row);
    const isRead = kind[row] === read.code ? 1 : 0;
    const offset = slots[OFFSET]![row]!;
    const size = slots[SIZE]![row]!;
    // A trail may come from anybody, and the machine believes what a source says.
    if (page[row]! < 0 || size < 1 || offset + size > PAGE_SIZE) return this.#breakOff(batch, row);
    const program = slots[PROGRAM]![row]!;
    const continues = held.isHeld && step[row] === this.#continued[isRead] && actor[row] === this.#heldActor;
    if (continues) {
      held.size += size;
      return;
    }
    this.#release(batch);
    this.#heldActor = actor[row]!;
    held.isHeld = true;
    held.page = page[row]!;
    held.offset = offset;
    held.size = size;
    held.cpu = Math.max(0, cpu[row]!);
    held.kind = isRead ? AccessKind.load : this.#kindOfWriter(actor[row]!);
    held.process = this.#processOf(space[row]!);
    held.program = program;
    if (program > this.programNs) this.programNs = program;
  }

  /** Holds an operation back like an access, so that each row hands over one access at most. */
  #takeOperation(batch: AccessBatch, row: number): void {
    const { cpu, page, space, slots } = this.#events;
    const held = this.#held;
    this.#release(batch);
    const code = slots[operation.slot.operation]![row]!;
    if (code >= OPERATIONS.length) return; // of a newer version: nothing here can do it
    const program = slots[operation.slot.program]![row]!;
    this.#heldActor = -1; // no access continues it
    held.isHeld = true;
    held.page = page[row]!;
    held.offset = 0;
    held.size = slots[operation.slot.pages]![row]! * PAGE_SIZE;
    held.cpu = Math.max(0, cpu[row]!);
    held.kind = AccessKind.unmap + code; // in the same order
    held.process = this.#processOf(space[row]!);
    held.program = program;
    if (program > this.programNs) this.programNs = program;
  }

  #breakOff(batch: AccessBatch, row: number): void {
    this.#release(batch);
    this.failure = new InputError({
      what: `${this.meta.name} cannot be played from event ${this.#events.firstSeq + this.#events.row[row]!} on`,
      why: 'the access there is not within its page, as those of every recording are',
      mend: 'record it again',
    });
  }

  /** Address spaces of processes have their numbers; a virtual machine, seen from outside, is one process. */
  #processOf(space: number): number {
    const kind = this.#reader.meta.spaces[space]?.kind ?? 'mm';
    return kind === 'mm' && space < PROCESSES_MAX ? space : 0;
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
    if (!held.isHeld) return;
    const i = batch.length++;
    batch.page[i] = held.page;
    batch.offset[i] = held.offset;
    batch.size[i] = held.size;
    batch.cpu[i] = held.cpu;
    batch.kind[i] = held.kind;
    batch.process[i] = held.process;
    batch.program[i] = held.program;
    held.isHeld = false;
  }
}
