/**
 * Trails kept for good: each `.trail` was written once, by the version in its name, and must be read as its `.json` says
 * for ever after; what later versions added is nothing in it. To keep another one (a new format version), add the two files; nothing here changes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EVENT_BY_CODE, EVENT_KINDS, EventBatch, snapshotAtOrBefore, TrailReader } from '../index.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.trail'))
  .map((name) => name.slice(0, -'.trail'.length));

interface Dump {
  readonly events: unknown[][];
  readonly snapshots: Array<{ readonly frames: { readonly cached: number[] } } | null>;
}

/** All that a trail says, as JSON has it. */
function dump(path: string): Dump {
  const reader = TrailReader.open(path);
  const batch = new EventBatch();
  const events: unknown[] = [];
  for (const index of reader.chunks.keys()) {
    reader.readChunk(index, batch);
    for (let i = 0; i < batch.length; i++) {
      const { kind, fields } = EVENT_BY_CODE[batch.kind[i]!]!;
      const common = [batch.time, batch.cpu, batch.actor, batch.space, batch.step, batch.page].map(
        (column) => column[i],
      );
      const values = Object.keys(fields).map((name, slot) => [name, batch.slots[slot]![i]]);
      events.push([batch.firstSeq + batch.row[i]!, kind, ...common, Object.fromEntries(values)]);
    }
  }
  const { formatVersion, meta, ending, chunks } = reader;
  const snapshots = chunks.map(({ firstSeq, events: length }) => snapshotAtOrBefore(reader, firstSeq + length - 1));
  reader.close();
  const plain = (_: string, value: unknown) => (ArrayBuffer.isView(value) ? Array.from(value as Uint8Array) : value);
  return JSON.parse(JSON.stringify({ formatVersion, meta, ending, chunks, events, snapshots }, plain));
}

describe('a trail that was kept', () => {
  it.each(names)('%s: is read as it was written', (name) => {
    expect(dump(`${folder}${name}.trail`)).toMatchObject(JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')));
  });

  it('of version 1 has nothing in what version 2 added', () => {
    const { events, snapshots } = dump(`${folder}v1.trail`);
    const moves = events.filter(([, kind]) => kind === 'frame-move');
    expect(moves.map((event) => (event.at(-1) as { cost: number }).cost)).toEqual(moves.map(() => 0));
    expect(moves.length).toBeGreaterThan(0);
    const cached = snapshots.flatMap((snapshot) => snapshot?.frames.cached ?? []);
    expect(cached.length).toBeGreaterThan(0);
    expect(cached.every((writes) => writes === 0)).toBe(true);
  });

  it.each([1, 2, 3, 4, 5])('of version %i holds every kind there was', (version) => {
    // A kind that a version got later has a trail of its own: what is kept is never written again.
    const kept = names.filter((name) => name.split('-')[0] === `v${version}`);
    const texts = kept.map((name) => readFileSync(`${folder}${name}.json`, 'utf8'));
    const kinds = new Set(texts.flatMap((text) => JSON.parse(text).events as unknown[][]).map(([, kind]) => kind));
    expect(EVENT_KINDS.filter(({ since }) => since <= version).filter(({ kind }) => !kinds.has(kind))).toEqual([]);
  });
});
