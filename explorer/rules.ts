/**
 * What can be wrong, by the ids of the detectors that find the same in a trail. The first group are harm done: they decide a verdict, the gravest
 * first. The second are local rules, broken without luck and often without harm: they are reported beside a verdict as risks, unless a scenario
 * is about one of them.
 */

export interface Rule {
  readonly id: string;
  readonly harm: boolean;
  readonly about: string;
}

export const RULES = [
  { id: 'wrong-frame-write', harm: true, about: 'a store reached a frame that the page had left, or a copy missed it' },
  { id: 'dirty-as-proof', harm: true, about: 'a frame was taken for private that another owner shares' },
  {
    id: 'lost-write',
    harm: true,
    about: 'the consumer lacks a write, and nothing will tell it so',
  },
  { id: 'misattributed', harm: true, about: 'a page was reported for a write to another one, which is lost' },
  {
    id: 'invisible-write',
    harm: true,
    about: 'a write around the page tables left no carrier, and the consumer lacks it',
  },
  { id: 'write-after-revoke', harm: true, about: 'a store used a right after the call that took it away had returned' },
  { id: 'transient-none', harm: true, about: 'contents that were discarded came back with an entry put back' },
  { id: 'fault-livelock', harm: true, about: 'there is a way to a state from which no end can be reached' },
  { id: 'deadlock', harm: true, about: 'every actor waits for another' },
  {
    id: 'clobbered-dirty',
    harm: false,
    about: 'an entry was stored back over a W or D that had been set since it was loaded',
  },
  {
    id: 'decided-before-flush',
    harm: false,
    about: 'bytes were transferred or given up while a CPU could still write them',
  },
  { id: 'skipped-flush', harm: false, about: 'a call relied on a restriction whose flush another actor still owed' },
  {
    id: 'missing-rearm',
    harm: false,
    about: 'a mark was cleared while the page could be written without leaving a new one',
  },
  {
    id: 'dropped-on-transform',
    harm: false,
    about: 'an entry was taken out or replaced with its D, and no carrier had it by the unlock',
  },
  {
    id: 'unlock-before-flush',
    harm: false,
    about: 'a page-table or MMU lock was dropped while a CPU had more rights than memory',
  },
  { id: 'elided-flush', harm: false, about: 'everything is at rest and a CPU still has more rights than memory' },
  { id: 'stale-tlb-write', harm: false, about: 'a store went through a TLB entry with more rights than memory' },
  { id: 'false-dirty', harm: false, about: 'a page was reported that the consumer had already' },
] as const satisfies readonly Rule[];

export type RuleId = (typeof RULES)[number]['id'];

/** Bit of each rule in a mask of broken ones. */
export const BROKEN = Object.fromEntries(RULES.map(({ id }, at) => [id, 1 << at])) as Readonly<Record<RuleId, number>>;

export const HARM = RULES.reduce((mask, { harm }, at) => (harm ? mask | (1 << at) : mask), 0);

export function rulesIn(mask: number): RuleId[] {
  return RULES.filter((_, at) => mask & (1 << at)).map(({ id }) => id);
}

/** What a verdict says, as a sentence. */
export function verdictText(verdict: RuleId | 'safe' | 'bounded'): string {
  if (verdict === 'safe') return 'no interleaving does harm, under what is assumed below';
  if (verdict === 'bounded') return 'nothing was found in the part that was searched, which is no proof';
  return RULES.find(({ id }) => id === verdict)!.about;
}
