/** Who went on from what it had seen of an entry after somebody else had changed that entry: the root of most races. */
import { PTE_ACCESSED } from '../../traces/index.js';
import { Lookup, Op, type OpCode } from '../../simulator/index.js';
import type { Deed } from './moments.js';
import type { Scene } from './scene.js';

/** An actor decides by what it saw at one step; another step has made it old. */
export interface Belief {
  readonly actor: number;
  readonly seenAt: number;
  readonly outdatedAt: number;
  /** The last step of the actor that still rests on it. */
  readonly usedAt: number;
}

/** With one of these the actor makes the entry what it wants it to be, or is told by the machine what it is. */
const SETTLES: ReadonlySet<OpCode> = new Set([
  Op.pteLoad,
  Op.pteExchange,
  Op.pteUnmap,
  Op.faultEnter,
  Op.violation,
  Op.walkForStore,
  Op.setDirty,
  Op.tlbLookup,
]);

/** Beliefs about pages of a home that were out of date while their holders went on. */
export function outdatedBeliefs(scene: Scene, home: number): Belief[] {
  return scene.deeds.flatMap((deed) => {
    if (!scene.isOn(deed, home) || !sees(deed)) return [];
    const usedAt = lastUse(scene, deed);
    const outdatedAt = changedBy(scene, deed, usedAt);
    return outdatedAt === null ? [] : [{ actor: deed.actor, seenAt: deed.step, outdatedAt, usedAt }];
  });
}

function sees({ op, result }: Deed): boolean {
  return op.code === Op.pteLoad || (op.code === Op.tlbLookup && result >= Lookup.clean);
}

/** The last step of the piece (of a lookup: of the instruction) before the actor looks again. */
function lastUse({ deeds, moments }: Scene, seen: Deed): number {
  const piece = moments.pieceIn(seen.step, seen.actor);
  let last = seen.step;
  for (const deed of deeds.slice(deeds.indexOf(seen) + 1)) {
    if (deed.actor !== seen.actor) continue;
    const looksAgain = deed.op.page === seen.op.page && SETTLES.has(deed.op.code);
    // What an atomic operation finds is not what was seen, but that it is done at all may rest on it.
    if (looksAgain && deed.op.code !== Op.pteUnmap && deed.op.code !== Op.pteExchange) break;
    if (moments.pieceIn(deed.step, seen.actor) !== piece) break;
    if (seen.op.code === Op.tlbLookup && deed.op.code === Op.retire) break;
    last = deed.step;
    if (looksAgain) break;
  }
  return last;
}

/** The first step up to `until` in which another actor changes what was seen; A does not count. */
function changedBy(scene: Scene, { op, actor, step }: Deed, until: number): number | null {
  const flagsAfter = (at: number) => {
    const state = scene.moments.after(at);
    return state.get(state.flags + op.page) & ~PTE_ACCESSED;
  };
  for (let at = step + 1; at < until; at++) {
    if (flagsAfter(at) === flagsAfter(at - 1)) continue;
    if (scene.actor(at) === actor) return null;
    return at;
  }
  return null;
}
