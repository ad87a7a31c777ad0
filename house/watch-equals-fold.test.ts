/** Watchpoints on recorded trails: where they stop, in both directions, is where a fold from event to event sees the thing change. */
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { pagetrail, scratchFolder } from '../cli/index.js';
import { Fold, found, Replayer, Search, sortedPages, type Stop } from '../replayer/index.js';
import { EventBatch, carrierBit, carrierCode, PTE_DIRTY, PTE_WRITABLE, TrailReader } from '../traces/index.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

/** What a watchpoint looks at, as text. */
function watched(fold: Fold, stop: Exclude<Stop, { kind: 'event' }>): string {
  const index = fold.pages.find(stop.space, stop.page);
  switch (stop.kind) {
    case 'pte': {
      const entry = index < 0 ? -1 : fold.governing(index);
      if (stop.flags !== null) return String(index < 0 ? 0 : fold.pteFlags(index) & stop.flags);
      return entry < 0 ? '0 0' : `${fold.pages.pteLow[entry]} ${fold.pages.pteHigh[entry]}`;
    }
    case 'tlb': {
      const slot = fold.translation(stop.cpu, index);
      const tlb = fold.tlb(stop.cpu);
      if (slot < 0) return '';
      return [tlb!.page[slot], fold.frames.numberOf(tlb!.frame[slot]!), tlb!.flags[slot], tlb!.asid[slot]].join(' ');
    }
    case 'mark':
      return String(index < 0 ? 0 : fold.pages.marks[index]! & carrierBit(carrierCode(stop.carrier)));
    case 'stale':
      return String(index >= 0 && fold.isStale(index));
  }
}

describe('watchpoints', () => {
  it.each([
    ['hw-dirty with moves', '--strategy hw-dirty --move-every 300 --tlb 4x2'],
    ['pfn-mkwrite with unmaps', '--strategy pfn-mkwrite --unmap-every 250 --cpus 2'],
    ['entries of 2 MiB', '--strategy hw-dirty --page-size 2m'],
    ['two processes', '--strategy page-mkwrite --mms 2'],
    ['a guest and its host', '--guest hw-dirty --host kvm-dirty-log'],
    ['steps that interleave', '--strategy hw-dirty-wp --interleave fine --cpus 2'],
  ])('of %s', async (name, options) => {
    const path = scratch.path(`${name}.trail`);
    const workload = 'record --workload zipf --writes 1500 --pages 24 --harvest-every 200';
    const ran = await pagetrail([...`${workload} ${options}`.split(' '), '-o', path]);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    const reader = TrailReader.open(path);
    try {
      const batch = new EventBatch();
      reader.readChunk(0, batch);
      expect(batch.length).toBe(reader.events);
      const random = new Random(1);
      const end = Replayer.open(reader).goTo(reader.events);
      const pages = sortedPages(end);
      const stops = Array.from({ length: 20 }, (_, place) => {
        const index = pages[random.below(pages.length)]!;
        const at = { space: end.pages.space[index]!, page: end.pages.page[index]! };
        const kinds: Array<Exclude<Stop, { kind: 'event' }>> = [
          { kind: 'pte', ...at, flags: place & 8 ? null : place & 16 ? PTE_WRITABLE : PTE_DIRTY },
          { kind: 'tlb', ...at, cpu: random.below(2) },
          { kind: 'mark', ...at, carrier: 'bitmap' },
          { kind: 'stale', ...at },
        ];
        return kinds[place % 4]!;
      });
      const matches: number[][] = stops.map(() => []);
      const fold = new Fold(reader.meta);
      let before = stops.map((stop) => watched(fold, stop));
      for (let row = 0; row < batch.length; row++) {
        fold.apply(batch, row, row + 1);
        const after = stops.map((stop) => watched(fold, stop));
        after.forEach((value, index) => {
          if (value !== before[index]) matches[index]!.push(row + 1);
        });
        before = after;
      }
      const search = new Search(reader, Replayer.open(reader));
      for (const [index, stop] of stops.entries()) {
        for (let asked = 0; asked < 6; asked++) {
          const from = asked === 0 ? 0 : asked === 1 ? reader.events : random.below(reader.events);
          const what = `${JSON.stringify(stop)} from ${from}`;
          expect(found(search.next([stop], from))?.seq, `next ${what}`).toBe(matches[index]!.find((seq) => seq > from));
          expect(found(search.previous([stop], from))?.seq, `previous ${what}`).toBe(
            matches[index]!.findLast((seq) => seq < from),
          );
        }
      }
      expect(matches.filter((seqs) => seqs.length > 0).length).toBeGreaterThan(5);
    } finally {
      reader.close();
    }
  });
});
