/**
 * Drawn traces: a few readable lines become a trail in memory, for tests. One event per line, common columns first:
 *
 *     cpu1 pte 16 PWA clean          the entry of page 16 becomes present, writable, accessed; "-" is an empty entry
 *     cpu1 tlb-fill 16 WD            also: frame=7 slot=3; cpu-1 is a device
 *     pte 512 PWH map                a huge entry; S: special; O: soft-dirty; U: uffd-wp. By the layout of its space
 *     map 16 frame=5 guest           and space=1 further on, for what the second stage says of it
 *     mark 16+4 bitmap set           a range of 4 pages
 *     flush-ack 16+4 range           transfer 16+4, report 16+4, harvest-begin 1, switch reads=pte-dirty,bitmap, ...
 *     write 16 space=1 @500          time 500 ns; otherwise each event is 10 ns after the one before
 *
 * Words fill the event's enumerations by name; `field=value` sets any other field, with 0 for what is left out. The old value of
 * `pte` and the frames of `tlb-fill` are carried along. `#` starts a comment.
 */
import {
  ALL_KINDS,
  carrierMask,
  ENUMERATIONS,
  EVENT_KINDS,
  EventBatch,
  narrowed,
  type PageScope,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  pteLayout,
  TLB_DIRTY,
  TLB_HUGE,
  TLB_WRITABLE,
  FAULT_PRESENT,
  FAULT_USER,
  FAULT_WRITE,
  type Carrier,
  type EventDefinition,
  type MachineSnapshot,
  type PageQuery,
  type PteLayout,
  type Selection,
  type SlotQuery,
  selectionOf,
  sendSnapshot,
  type StateSink,
  type TrailEnding,
  type TrailMeta,
} from '../../traces/index.js';
import { BatchSource, copyRows } from '../batch-source.js';

const PTE_LETTERS: Readonly<Record<string, number>> = {
  P: PTE_PRESENT,
  W: PTE_WRITABLE,
  D: PTE_DIRTY,
  A: PTE_ACCESSED,
  S: PTE_SPECIAL,
  H: PTE_HUGE,
  O: PTE_SOFT_DIRTY,
  U: PTE_UFFD_WP,
  '-': 0,
};
const LETTERS_BY_UNIT: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  tlbFlags: { W: TLB_WRITABLE, D: TLB_DIRTY, H: TLB_HUGE, '-': 0 },
  faultBits: { P: FAULT_PRESENT, W: FAULT_WRITE, U: FAULT_USER, '-': 0 },
};
const BY_NAME = new Map<string, EventDefinition>(EVENT_KINDS.map((definition) => [definition.kind, definition]));
/** The frame of a page that no `map` line named. */
const FRAME_BASE = 1000;

export interface DrawnOptions {
  readonly meta?: Partial<TrailMeta>;
  /** Null: a trail that is not finished. */
  readonly ending?: TrailEnding | null;
  /** Events per chunk; small values exercise what happens at chunk borders. */
  readonly chunkEvents?: number;
}

export const DRAWN_META: TrailMeta = {
  mode: 'simulated',
  strategy: 'hw-dirty',
  arch: 'x86-64',
  vma: 'pfnmap',
  mutations: [],
  seed: 1,
  interleave: 'coarse',
  populate: 'eager',
  harvestEvery: 0,
  tlb: { sets: 4, ways: 4 },
  carriers: ['pte-dirty', 'bitmap'],
  costProfile: { id: 'drawn', ns: {} },
  options: {},
  source: { kind: 'drawn', name: 'drawn', programTime: 'given', reads: false, parameters: {} },
  actors: ['thread'],
  spaces: [
    { kind: 'mm', layout: 'x86-64' },
    { kind: 'mm', layout: 'x86-64' },
  ],
  steps: [''],
  notes: [],
  methods: [],
};

export const DRAWN_ENDING: TrailEnding = {
  complete: true,
  incompleteReason: null,
  cpus: 1,
  programNs: 0,
  skippedLines: 0,
  firstSkippedLine: null,
};

/** A trail from lines of text. Throws a plain Error that names the line it cannot read. */
export function drawn(text: string, options: DrawnOptions = {}): MemorySource {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const meta = { ...DRAWN_META, ...options.meta };
  const drawing = new Drawing(lines.length, meta.spaces);
  lines.forEach((line, index) => {
    if (line === '') return;
    try {
      drawing.line(line);
    } catch (error) {
      throw new Error(`line ${index + 1}, "${line}": ${(error as Error).message}`);
    }
  });
  return new MemorySource(split(drawing.batch, options.chunkEvents ?? 1024), meta, options.ending);
}

export { copyRows } from '../batch-source.js';

/** A trail of batches in memory, drawn unless told otherwise. */
export class MemorySource extends BatchSource {
  /** Checkpoints, by ascending seq; a test may add some. */
  readonly snapshots: MachineSnapshot[] = [];
  chunksRead = 0;

  constructor(batches: readonly EventBatch[], meta: TrailMeta = DRAWN_META, ending: TrailEnding | null = DRAWN_ENDING) {
    super(batches, meta, ending);
  }

  override readChunk(index: number, batch: EventBatch, wanted: number | Selection = ALL_KINDS): void {
    super.readChunk(index, batch, wanted);
    spoil(batch, selectionOf(wanted));
    this.chunksRead++;
  }

  override *eventsBack(index: number, seq: number, query: PageQuery, into: EventBatch): Generator<number> {
    for (const found of super.eventsBack(index, seq, query, into)) {
      spoil(into, { ...query.selection, times: false });
      yield found;
    }
  }

  override *eventsOnward(index: number, seq: number, query: SlotQuery, into: EventBatch): Generator<number> {
    for (const found of super.eventsOnward(index, seq, query, into)) {
      spoil(into, { ...query.selection, times: false });
      yield found;
    }
  }

  override checkpointAtOrBefore(seq: number): number {
    return this.#snapshot(seq)?.seq ?? -1;
  }

  override loadAtOrBefore(seq: number, scope: PageScope | null, sink: StateSink): boolean {
    const snapshot = this.#snapshot(seq);
    if (snapshot === undefined) return false;
    sendSnapshot(scope === null ? snapshot : narrowed(snapshot, scope), sink);
    return true;
  }

  #snapshot(seq: number): MachineSnapshot | undefined {
    return this.snapshots.findLast((snapshot) => snapshot.seq <= seq);
  }
}

function split(batch: EventBatch, events: number): EventBatch[] {
  const parts: EventBatch[] = [];
  for (let from = 0; from < batch.length; from += events) {
    const part = new EventBatch(Math.min(events, batch.length - from));
    copyRows(batch, from, from + part.capacity, part);
    parts.push(part);
  }
  return parts;
}

/** Makes rubbish of the columns that nobody asked for. */
function spoil(batch: EventBatch, { times, who, where, slots }: Selection): void {
  if (!times) batch.time.fill(NaN);
  if (!where) batch.page.fill(NaN);
  if (!where) batch.space.fill(0xfff);
  if (!where) batch.cpu.fill(0xfff);
  if (!who) batch.actor.fill(0xfff);
  if (!who) batch.step.fill(0xfff);
  for (let row = 0; row < batch.length; row++) {
    batch.slots.forEach((slot, index) => {
      if ((slots[batch.kind[row]!]! & (1 << index)) === 0) slot[row] = NaN;
    });
  }
}

class Drawing {
  readonly batch: EventBatch;
  readonly #layouts: readonly PteLayout[];
  readonly #entries = new Map<string, readonly [low: number, high: number]>();
  readonly #frames = new Map<string, number>();

  constructor(capacity: number, spaces: TrailMeta['spaces']) {
    this.#layouts = spaces.map(({ layout }) => pteLayout(layout));
    this.batch = new EventBatch(Math.max(1, capacity));
  }

  line(text: string): void {
    const { batch } = this;
    const row = batch.length;
    let words = text.split(/\s+/);
    batch.cpu[row] = 0;
    batch.time[row] = row === 0 ? 10 : batch.time[row - 1]! + 10;
    batch.page[row] = -1;
    for (const word of words) {
      const match = /^(?:cpu(-?\d+)|@(\d+)|(space|actor|step)=(\d+))$/.exec(word);
      if (match?.[1] !== undefined) batch.cpu[row] = Number(match[1]);
      if (match?.[2] !== undefined) batch.time[row] = Number(match[2]);
      if (match?.[3] !== undefined) batch[match[3] as 'space' | 'actor' | 'step'][row] = Number(match[4]);
      if (match !== null) words = words.filter((other) => other !== word);
    }
    const definition = BY_NAME.get(words.shift() ?? '');
    if (definition === undefined) throw new Error('no event kind in it');
    batch.kind[row] = definition.code;
    const slot: Readonly<Record<string, number>> = definition.slot;
    const set = (field: string, value: number) => {
      if (slot[field] === undefined) throw new Error(`${definition.kind} has no field ${field}`);
      batch.slots[slot[field]]![row] = value;
    };
    if (definition.hasPage && words[0] !== undefined && /^\d+(\+\d+)?$/.test(words[0])) {
      const [page, pages] = words.shift()!.split('+');
      batch.page[row] = Number(page);
      if (slot['pages'] !== undefined) set('pages', Number(pages ?? 1));
    }
    this.#defaults(definition, row, words, set);
    for (const word of words) this.#word(definition, word, set);
    if (definition.kind === 'map') this.#frames.set(this.#key(row), batch.slots[slot['frame']!]![row]!);
    batch.length++;
  }

  /** Fields that follow from the page and what was drawn before; words that are used up go. */
  #defaults(
    definition: EventDefinition,
    row: number,
    words: string[],
    set: (field: string, value: number) => void,
  ): void {
    const page = this.batch.page[row]!;
    const frame = this.#frames.get(this.#key(row)) ?? FRAME_BASE + page;
    if (definition.kind === 'pte') {
      const named = words.findIndex((word) => /^frame=\d+$/.test(word));
      const target = named < 0 ? frame : Number(words.splice(named, 1)[0]!.slice('frame='.length));
      const flags = letters(words.shift() ?? '', PTE_LETTERS);
      const old = this.#entries.get(this.#key(row)) ?? [0, 0];
      const layout = this.#layouts[this.batch.space[row]!] ?? this.#layouts[0]!;
      const raw = [layout.low(flags, target), layout.high(flags, target)] as const;
      this.#entries.set(this.#key(row), raw);
      set('oldLow', old[0]);
      set('oldHigh', old[1]);
      set('newLow', raw[0]);
      set('newHigh', raw[1]);
    } else if (definition.kind === 'frame-move') {
      set('oldFrame', frame);
    } else if ('frame' in definition.fields) {
      set('frame', frame);
    }
    if ('slot' in definition.fields) set('slot', page % 16);
    if ('harvest' in definition.fields && words.length > 0) set('harvest', Number(words.shift()));
    if ('bytes' in definition.fields) set('bytes', 4096 * Number(this.batch.slots[definition.slot['pages']!]![row]));
    if ('size' in definition.fields) set('size', 8);
    if ('program' in definition.fields) set('program', this.batch.time[row]!);
  }

  #word(definition: EventDefinition, word: string, set: (field: string, value: number) => void): void {
    const [name, value] = word.split('=');
    if (value !== undefined) {
      set(name!, fieldValue(definition, name!, value));
      if (name === 'newFrame') this.#frames.set(this.#key(this.batch.length), Number(value));
      return;
    }
    for (const [field, { unit }] of Object.entries(definition.fields)) {
      const code = ENUMERATIONS[unit]?.indexOf(word) ?? -1;
      if (code >= 0) return set(field, code);
      if (unit === 'flag' && (word === 'set' || word === 'clear')) return set(field, word === 'set' ? 1 : 0);
      const known = LETTERS_BY_UNIT[unit];
      if (known !== undefined && word.split('').every((letter) => known[letter] !== undefined))
        return set(field, letters(word, known));
    }
    throw new Error(`'${word}' is no value of a field of ${definition.kind}`);
  }

  #key(row: number): string {
    return `${this.batch.space[row]}:${this.batch.page[row]}`;
  }
}

/** The number that a word stands for in a field. */
function fieldValue(definition: EventDefinition, field: string, word: string): number {
  if (field === 'reads') return carrierMask(word.split(',') as Carrier[]);
  const code = ENUMERATIONS[definition.fields[field]?.unit ?? '']?.indexOf(word) ?? -1;
  return code >= 0 ? code : Number(word);
}

function letters(word: string, known: Readonly<Record<string, number>>): number {
  return word.split('').reduce((flags, letter) => {
    if (known[letter] === undefined) throw new Error(`'${letter}' in '${word}' means nothing`);
    return flags | known[letter];
  }, 0);
}
