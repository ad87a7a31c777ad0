/**
 * `why` about recordings of real programs that lost writes: each link of the chains of lost pages against what is found by going through all
 * events by hand.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { type Chain, check, why } from '../analyzer/index.js';
import { record } from '../recorder/index.js';
import { TrailReader } from '../traces/index.js';
import { HELD_OUT, type LogRecording, LOGS } from './log-recordings.js';
import { PlainTrail } from './plain-trail.js';
import { PlainCauses } from './plain-causes.js';
import { chainOf, linksOfPage, storiesOf } from './plain-why.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-why-'));
const compared: Record<string, number> = {};
afterAll(() => {
  rmSync(folder, { recursive: true });
  if (HELD_OUT !== undefined) console.info('compared', compared);
});

/** Lost pages of a recording that are explained, pages at points of it, and events. */
const FINDINGS = HELD_OUT === undefined ? 3 : 12;
const PAGES = 3;
const POINTS = 8;
const EVENTS = HELD_OUT === undefined ? 40 : 120;

const lossy = (strategy: string, mutation: string, more: object = {}): LogRecording => ({
  name: `${strategy} with ${mutation}`,
  request: { strategy, mutations: [mutation], harvestEvery: 5000, ...more },
});
const fine = { interleave: 'fine' } as const;

const RECORDINGS: readonly LogRecording[] = [
  lossy('hw-dirty', 'no-flush'),
  lossy('hw-dirty', 'flush-first', fine),
  lossy('pfn-mkwrite', 'no-rearm', { arch: 'riscv64-svade' }),
  ...(HELD_OUT === undefined
    ? []
    : [
        lossy('uffd-wp-async', 'no-mark', { arch: 'riscv64-svadu' }),
        lossy('hw-dirty', 'no-cache-flush', { device: 'non-coherent' }),
        lossy('hw-dirty', 'transfer-first', fine),
        lossy('hw-dirty', 'no-mark'),
        lossy('pml', 'plain-rmw', fine),
        lossy('hw-dirty', 'plain-rmw', { ...fine, arch: 'arm64-dbm' }),
        lossy('hw-dirty', 'no-flush', { arch: 'arm64-dbm', cpus: 2, tlbSets: 8, tlbWays: 2 }),
        lossy('page-mkwrite', 'no-flush', { arch: 'arm64' }),
        lossy('page-mkwrite', 'no-mark'),
        lossy('pfn-mkwrite', 'flush-first', fine),
        lossy('pfn-mkwrite', 'transfer-first', fine),
        lossy('pfn-mkwrite', 'unlock-before-upgrade', fine),
        lossy('hw-dirty-wp', 'no-flush'),
        lossy('soft-dirty', 'no-flush'),
        lossy('soft-dirty', 'no-stop', fine),
        lossy('uffd-wp-async', 'no-flush', { arch: 'riscv64-svadu' }),
        lossy('uffd-wp-sync', 'no-rearm'),
        lossy('mprotect-sigsegv', 'transfer-first', fine),
        lossy('kvm-dirty-log', 'no-flush'),
        lossy('kvm-dirty-log', 'protect-before-swap', fine),
        lossy('kvm-dirty-ring', 'no-rearm'),
        lossy('kvm-dirty-ring', 'reset-after-read', fine),
        lossy('pml', 'no-kick'),
        lossy('pml', 'no-flush', fine),
        lossy('shadow-paging', 'no-rearm'),
        lossy('shadow-paging', 'flush-first', fine),
        lossy('storage-key', 'plain-rmw', { ...fine, arch: 's390x-key' }),
        lossy('storage-key', 'no-mark', { arch: 's390x-key' }),
        lossy('adaptive', 'no-flush', { objectPages: 4096 }),
        lossy('hw-dirty', 'no-flush', { pageSize: '2m', cpus: 2 }),
        lossy('hw-dirty', 'flush-first', { ...fine, pageSize: '2m' }),
        { ...lossy('hw-dirty', 'no-collect', { vma: 'pfnmap' }), operations: { unmapEvery: 13_000 } },
        { ...lossy('soft-dirty', 'swap-drops-bit'), operations: { unmapEvery: 33_000 } },
        { ...lossy('hw-dirty', 'no-flush', fine), operations: { moveEvery: 33_000 } },
      ]),
];

describe.each(LOGS)('%s', (log) => {
  it.each(RECORDINGS)('$name: tells what went wrong', async (recording) => {
    const output = join(folder, `${basename(log)}.trail`);
    await record({ seed: 1, ...recording.request, source: { import: log, ...recording.operations }, output });
    const reader = TrailReader.open(output);
    const { findings, counts } = check(reader);
    const lost = findings.filter(({ id }) => id === 'lost-write');
    count(`${recording.name}: lost pages`, counts['lost-write'] ?? 0);
    const shown = lost.map((finding, at) => ({ finding, nth: at + 1 })).filter(({ finding }) => finding.page !== null);
    const some = shown.filter((_, at) => at % Math.ceil(shown.length / FINDINGS) === 0);
    const plain = new PlainTrail(reader);
    const spaces = plain.meta.spaces.map((_, space) => space);
    const places = some.flatMap(({ finding }) => spaces.map((space) => ({ space, page: finding.page! })));
    const random = new Random(basename(log).length + recording.name.length);
    const seqs = seqsByKind(plain);
    const others = Array.from({ length: PAGES }, () => somePage(plain, seqs.get('map')!, random));
    const stories = storiesOf(plain, [...places, ...others]);
    some.forEach(({ finding, nth }, at) => {
      const chains = stories
        .slice(at * spaces.length, (at + 1) * spaces.length)
        .map((story) => chainOf(story, plain))
        .filter((chain) => chain !== null);
      const told = why(reader, { kind: 'finding', detector: 'lost-write', nth })!;
      const ofPage = why(reader, { kind: 'page', page: finding.page! })!;
      expect({ cause: finding.cause, ...shapeOf(told) }, `page ${finding.page}`).toEqual(chains[0]);
      expect(shapeOf(ofPage).links, `page ${finding.page}`).toEqual(chains[0]!.links);
      count(`chain ${chains[0]!.cause}`, 1);
    });
    for (const story of stories.slice(places.length)) {
      const first = story.deeds.find(({ event }) => event.kind === 'map')!.event.seq;
      for (let point = 0; point < POINTS; point++) {
        const seq = first + random.below(plain.events + 1 - first);
        const expected = linksOfPage(story, seq);
        if (expected === null) continue;
        const told = why(reader, { kind: 'page', page: story.page }, { at: { kind: 'seq', seq } })!;
        expect.soft(shapeOf(told).links, `page ${story.page} at ${seq}: ${told.sentence}`).toEqual(expected);
        count('pages at a point', 1);
      }
    }
    const causes = new PlainCauses(plain);
    for (let asked = 0; asked < EVENTS; asked++) {
      const seq = someEvent(seqs, random);
      const { links } = why(reader, { kind: 'event', seq })!;
      const expected = causes.chainOf(seq);
      const { kind } = plain.at(seq);
      expect
        .soft(
          links.map((link) => link.seq),
          `why ${kind} ${seq}`,
        )
        .toEqual(expected);
      count(`event ${kind}`, 1);
    }
    reader.close();
  });
});

/** An event of a kind that is drawn first, because most events are writes. */
function someEvent(seqs: ReadonlyMap<string, readonly number[]>, random: Random): number {
  const kinds = [...seqs.values()];
  const some = kinds[random.below(kinds.length)]!;
  return some[random.below(some.length)]!;
}

function seqsByKind(plain: PlainTrail): Map<string, number[]> {
  const seqs = new Map<string, number[]>();
  for (let seq = 1; seq <= plain.events; seq++) {
    const kind = plain.kindAt(seq);
    if (!seqs.has(kind)) seqs.set(kind, []);
    seqs.get(kind)!.push(seq);
  }
  return seqs;
}

/** A page of the last space, so that its number means one page. */
function somePage(plain: PlainTrail, maps: readonly number[], random: Random): { space: number; page: number } {
  for (;;) {
    const { space, page } = plain.at(maps[random.below(maps.length)]!);
    if (space === plain.meta.spaces.length - 1) return { space, page };
  }
}

function shapeOf({ links }: Chain): { links: string[]; guilty: string[] } {
  const name = ({ seq, gap }: Chain['links'][number]) => (gap === null ? String(seq) : `${gap.after}..${gap.before}`);
  return { links: links.map(name), guilty: links.filter(({ isCause }) => isCause).map(name) };
}

function count(what: string, by: number): void {
  compared[what] = (compared[what] ?? 0) + by;
}
