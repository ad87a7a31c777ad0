import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import {
  CARRIERS,
  carrierCode,
  EventBatch,
  frameMove,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_UFFD_WP,
  TLB_DIRTY,
  TLB_WRITABLE,
  tlbUpdate,
  unmap,
  type Carrier,
} from '../../traces/index.js';
import { Fold } from '../fold/index.js';
import { copyRows, drawn, MemorySource } from '../testing/drawn.js';
import { randomEvents, randomMeta } from '../testing/random-events.js';
import { History, type CarrierSubject, type Subject } from './index.js';

const STORY = `
  map 16 @100
  pte 16 PW map
  pte 16 PWDA walker
  tlb-fill 16 WD slot=3
  write 16                # 5
  harvest-begin 1
  pte 16 PWA clean
  mark 15+3 bitmap set
  flush-ack 16+2 range
  mark 16 bitmap clear    # 10
  transfer 10+10
  harvest-end 1
  tlb-fill 16 WD slot=2
  tlb-fill 99 WD slot=2
  write 16                # 15
  unmap 16
`;

const lastOf = (subject: Subject, before = 16) => {
  const answers = [1, 3, 100].map((chunkEvents) => History.open(drawn(STORY, { chunkEvents })).last(subject, before));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  const { seq, kind, before: was, after } = answers[0] ?? { seq: 0, kind: '', before: '', after: '' };
  return [seq, kind, was, after];
};

describe('the last change', () => {
  const page = { space: 0, page: 16 };
  it.each<[string, Subject, number, unknown[]]>([
    ['of a page is whatever touched it', { kind: 'page', ...page }, 15, [15, 'write', '', '']],
    ['of a page includes ranges over it', { kind: 'page', ...page }, 11, [11, 'transfer', '', '']],
    ['of a page at the event itself', { kind: 'page', ...page }, 5, [5, 'write', '', '']],
    ['of a page nothing speaks of', { kind: 'page', space: 0, page: 20 }, 16, [0, '', '', '']],
    ['of a page in another space', { kind: 'page', space: 1, page: 16 }, 16, [0, '', '', '']],
    ['of an entry', { kind: 'pte', ...page }, 16, [7, 'pte', 'P RW US A D NX', 'P RW US A NX']],
    [
      'of D, before it was cleared',
      { kind: 'pte', ...page, flags: PTE_DIRTY },
      6,
      [3, 'pte', 'P RW US NX', 'P RW US A D NX'],
    ],
    ['of P alone', { kind: 'pte', ...page, flags: PTE_PRESENT }, 16, [2, 'pte', 'none', 'P RW US NX']],
    ['of a carrier that marks set', { kind: 'carrier', carrier: 'bitmap', ...page }, 9, [8, 'mark', '', 'set']],
    [
      'of a carrier that giving up clears',
      { kind: 'carrier', carrier: 'bitmap', ...page },
      16,
      [16, 'unmap', '', 'clear'],
    ],
    ['of a carrier in the entry', { kind: 'carrier', carrier: 'pte-dirty', ...page }, 16, [7, 'pte', 'set', 'clear']],
    ['of being mapped', { kind: 'carrier', carrier: 'mapped', ...page }, 15, [1, 'map', '', 'mapped']],
    ['of a TLB entry: filled', { kind: 'tlb', cpu: 0, ...page }, 8, [4, 'tlb-fill', '-', 'WD, slot 3']],
    ['of a TLB entry: flushed', { kind: 'tlb', cpu: 0, ...page }, 12, [9, 'flush-ack', 'WD, slot 3', '-']],
    [
      'of a TLB entry: displaced by another page',
      { kind: 'tlb', cpu: 0, ...page },
      16,
      [14, 'tlb-fill', 'WD, slot 2', '-'],
    ],
    ['of a TLB entry on a CPU that has none', { kind: 'tlb', cpu: 1, ...page }, 16, [0, '', '', '']],
    ['before the first event', { kind: 'page', ...page }, 0, [0, '', '', '']],
    ['beyond the end', { kind: 'page', ...page }, 1e9, [16, 'unmap', '', '']],
  ])('%s', (_, subject, before, expected) => {
    expect(lastOf(subject, before)).toEqual(expected);
  });

  it('of a bit of the entry goes on in what its swap entry remembers', () => {
    const source = drawn(
      'map 16\n pte 16 PWO map\n pte 16 - unmap\n mark 16 soft-dirty set\n mark 16 soft-dirty clear',
    );
    const history = History.open(source);
    const changes = [...history.changes({ kind: 'carrier', carrier: 'soft-dirty', space: 0, page: 16 }, 1, 5)];
    expect(changes.map(({ seq, before, after }) => [seq, before, after])).toEqual([
      [2, 'clear', 'set'],
      [3, 'set', 'clear'],
      [4, '', 'set'],
      [5, '', 'clear'],
    ]);
  });

  it('of a page under a huge entry is that of the entry at the head of its table', () => {
    const source = drawn('map 512\n pte 512 PWH map\n tlb-fill 512 WH\n pte 512 PWDH walker\n flush-ack 700+1 range', {
      meta: { options: { huge: 1 } },
    });
    const history = History.open(source);
    expect(history.last({ kind: 'pte', space: 0, page: 600, flags: PTE_DIRTY }, 5)?.seq).toBe(4);
    expect(history.last({ kind: 'page', space: 0, page: 600 }, 5)?.seq).toBe(4);
    expect(history.last({ kind: 'tlb', cpu: 0, space: 0, page: 600 }, 4)).toMatchObject({
      seq: 3,
      after: 'W, huge, slot 0',
    });
    expect(history.last({ kind: 'tlb', cpu: 0, space: 0, page: 600 }, 5)).toMatchObject({ seq: 5, after: '-' });
  });
});

/** What the subject looks like in the fold: equal before and after an event that does nothing to it. */
function appearance(fold: Fold, subject: Subject): string {
  const index = fold.pages.find(subject.space, subject.page);
  // The page's own entry: huge ones have a test of their own.
  const flags =
    index < 0 ? 0 : fold.layoutOf(subject.space).flags(fold.pages.pteLow[index]!, fold.pages.pteHigh[index]!);
  switch (subject.kind) {
    case 'page':
      return '';
    case 'pte':
      return String(flags & (subject.flags ?? ~0));
    case 'tlb': {
      const record = fold.pages.ensure(subject.space, subject.page);
      const slot = fold.translation(subject.cpu, record);
      return slot < 0 ? '-' : `${slot} ${fold.tlb(subject.cpu)!.flags[slot]}`;
    }
    case 'carrier': {
      if (subject.carrier === 'mapped') return String(index >= 0 && fold.isMapped(index));
      if (subject.carrier === 'pte-dirty') return String((flags & PTE_PRESENT) > 0 && (flags & PTE_DIRTY) > 0);
      if (subject.carrier === 'uffd-wp') return String((flags & PTE_PRESENT) > 0 && (flags & PTE_UFFD_WP) === 0);
      return String(index >= 0 && (fold.pages.marks[index]! & (1 << carrierCode(subject.carrier))) > 0);
    }
  }
}

describe('the changes of a subject in random events', () => {
  it.each(Array.from({ length: 24 }, (_, seed) => seed))(
    'seed %i: hold whatever a fold, event by event, shows',
    (seed) => {
      const events = 1200;
      const batch = randomEvents(seed, events);
      for (let row = 0; row < events; row++) {
        // No recorder makes a huge entry of another one by an update.
        if (batch.kind[row] === tlbUpdate.code) batch.slots[tlbUpdate.slot.flags]![row]! &= TLB_WRITABLE | TLB_DIRTY;
      }
      const meta = { ...randomMeta(seed), options: { ...randomMeta(seed).options, huge: 1 } };
      const parts: EventBatch[] = [];
      for (let from = 0; from < events; from += 97) {
        const part = new EventBatch(97);
        copyRows(batch, from, Math.min(from + 97, events), part);
        parts.push(part);
      }
      const source = new MemorySource(parts, meta);
      const history = History.open(source);
      const random = new Random(seed);
      const carriers: Carrier[] = ['bitmap', 'page-flag', 'pte-dirty', 'uffd-wp', 'mapped', CARRIERS[4]!];
      const subjects = Array.from({ length: 24 }, (): Subject => {
        const row = random.below(events);
        const at = { space: batch.space[row]!, page: Math.max(0, batch.page[row]!) + random.below(2) };
        const kind = random.below(3);
        if (kind === 0) return { kind: 'pte', ...at, ...(random.below(2) > 0 && { flags: PTE_DIRTY }) };
        if (kind === 1) return { kind: 'tlb', cpu: random.below(4) - 1, ...at };
        return { kind: 'carrier', carrier: carriers[random.below(carriers.length)]!, ...at };
      });
      const seen = subjects.map(() => new Set<number>());
      const fold = new Fold(meta);
      let before = subjects.map((subject) => appearance(fold, subject));
      for (let row = 0; row < events; row++) {
        fold.apply(batch, row, row + 1);
        const after = subjects.map((subject) => appearance(fold, subject));
        // Giving a page up ends its entry too: that is told as the page's history. A move may map a page, which no recorder does.
        const ends = batch.kind[row] === unmap.code || batch.kind[row] === frameMove.code;
        after.forEach((now, i) => {
          const told = !ends || subjects[i]!.kind === 'tlb' || (subjects[i] as CarrierSubject).carrier === 'bitmap';
          if (now !== before[i] && told) seen[i]!.add(row + 1);
        });
        before = after;
        if (seed % 2 === 0 && (row + 1) % 60 === 0) source.snapshots.push(fold.snapshot());
      }
      subjects.forEach((subject, i) => {
        const changes = [...history.changes(subject, 1, events)];
        const seqs = changes.map(({ seq }) => seq);
        const told = JSON.stringify(subject);
        // An entry that is written with what it was, or a mark that is set twice, is a change that shows nothing.
        expect(
          [...seen[i]!].filter((seq) => !seqs.includes(seq)),
          told,
        ).toEqual([]);
        expect(seqs, told).toEqual([...seqs].sort((a, b) => a - b));
        for (const at of [1, 98, 600, random.below(events), events]) {
          expect(history.last(subject, at)?.seq, told).toBe(seqs.findLast((seq) => seq <= at));
          const from = random.below(events);
          const some = [...history.changes(subject, from, at)].map(({ seq }) => seq);
          expect(some, `${told} from ${from} to ${at}`).toEqual(seqs.filter((seq) => seq >= from && seq <= at));
        }
      });
    },
  );
});
