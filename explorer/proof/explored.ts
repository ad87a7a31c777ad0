/**
 * A chain of a counterexample, proved: the program is searched again, through every interleaving, once for each link without it (or with the flush that is
 * missing), and once for each change that would show whose step is at fault.
 */
import type { Chain, Link, TrailEvents } from '../../analyzer/index.js';
import { addFlush } from '../repairs/flush.js';
import { changed, type Change, kindOf } from '../repairs/changed.js';
import { BROKEN } from '../rules.js';
import type { Setting } from '../scenario.js';
import { without, withoutFlush, withoutPiece } from './changes.js';
import { convict, type Verdict } from './convict.js';
import { offenceOf } from './offence.js';
import type { Guilty, LinkProof, Proof } from './proof.js';
import { type Outcome, retry } from './retry.js';
import type { Act, Run } from './run.js';

export interface ExploredOptions {
  /** States of one search. Default 200,000. */
  readonly maxStates?: number;
  onTried?(done: number, of: number): void;
}

const STATES = 200_000;
/** Steps of the strategy or scenario that only tell, flush, or hold a lock are left out as a whole. */
const FLUSH_KINDS: readonly string[] = ['flush-queue', 'flush-send'];
/** Links of hardware are there for the access that it serves. */
const HARDWARE_STEPS: readonly string[] = [
  'hardware walk',
  'hardware sets D',
  'hardware logs page',
  'store',
  'load',
  'fault entry',
];

/** @param events those of the counterexample's trail */
export async function proveExplored(
  run: Run,
  chain: Chain,
  events: TrailEvents,
  { maxStates = STATES, onTried }: ExploredOptions = {},
): Promise<Proof> {
  const verdicts = await convict(run, offenceOf(run), maxStates);
  const [first] = verdicts;
  const whole = first === undefined ? chain : withGuilty(run, chain, events, first);
  const links: LinkProof[] = [];
  const prover = new LinkProver(run, events, maxStates, first);
  for (const [at, link] of whole.links.entries()) {
    onTried?.(at, whole.links.length);
    links.push(await prover.prove(link));
  }
  const others = verdicts.slice(1).filter(({ isConvicted }) => isConvicted);
  return {
    method: 'search',
    chain: whole,
    links,
    guilty: first === undefined ? null : guiltyOf(first),
    others: others.map(guiltyOf),
    notes: run.setting.assumes.map((assumed) => `assumes: ${assumed}`),
  };
}

function guiltyOf({ suspect: { who, step, how, says }, isConvicted, by, left }: Verdict): Guilty {
  return { actor: who, step, how, says, isConvicted, by, left };
}

/** The chain with the step at fault in it; what was taken for the cause before counts no more. */
function withGuilty(run: Run, chain: Chain, events: TrailEvents, { suspect, isConvicted }: Verdict): Chain {
  if (!isConvicted) return chain;
  const { act, step, who, how } = suspect;
  const range = act === null ? null : rangeOf(run, act);
  const isIt = (link: Link) =>
    link.step === step &&
    link.actor === who &&
    (link.kind === 'missing' ? step === 'flush' || how === 'missing' : isWithin(link, range));
  const links = chain.links.map((link) => ({ ...link, isCause: isIt(link) }));
  if (links.some(({ isCause }) => isCause)) return { ...chain, links };
  return { ...chain, links: placed([...links, newLink(run, events, suspect, range)]) };
}

function newLink(
  run: Run,
  events: TrailEvents,
  { act, step, who, how, says }: Verdict['suspect'],
  range: Range | null,
): Link {
  const isMissing = how === 'missing' || act === null;
  const seq = isMissing || range === null || range.to === range.from ? null : range.from + 1;
  const event = seq === null ? null : events.at(seq);
  const after = range === null ? 0 : isMissing ? range.to : range.from;
  return {
    seq,
    gap: seq === null ? { after, before: after + 1 } : null,
    timeNs: event?.timeNs ?? null,
    cpu: act === null ? -1 : run.execution.staged.actors[act.actor]!.cpu,
    actor: who,
    step,
    kind: isMissing ? 'missing' : (event?.kind ?? 'step'),
    what: isMissing ? `no '${step}' here` : run.scene.text(act.op, act.result),
    so: says,
    isCause: true,
  };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Events of the step that an act belongs to: from < seq <= to. */
function rangeOf({ execution }: Run, { step }: Act): Range {
  const { fromSeq, toSeq } = execution.steps[Math.min(step, execution.steps.length) - 1]!;
  return { from: fromSeq, to: toSeq };
}

function isWithin({ seq }: Link, range: Range | null): boolean {
  return seq !== null && range !== null && seq > range.from && seq <= range.to;
}

function placed(links: readonly Link[]): Link[] {
  const at = ({ seq, gap }: Link) => seq ?? (gap?.after ?? 0) + 0.5;
  return links.toSorted((a, b) => at(a) - at(b));
}

class LinkProver {
  readonly #run: Run;
  readonly #events: TrailEvents;
  readonly #maxStates: number;
  readonly #guilty: Verdict | undefined;
  readonly #known = new Map<string, Promise<Outcome>>();

  constructor(run: Run, events: TrailEvents, maxStates: number, guilty: Verdict | undefined) {
    this.#run = run;
    this.#events = events;
    this.#maxStates = maxStates;
    this.#guilty = guilty;
  }

  async prove(link: Link): Promise<LinkProof> {
    if (link.isCause && this.#guilty?.isConvicted) {
      const { by, left } = this.#guilty;
      return {
        verdict: 'necessary',
        text: `with ${by} ${left === null ? 'no interleaving does harm' : 'the worst costs less'}`,
      };
    }
    if (link.kind === 'missing') return this.#proveMissing(link);
    if (link.seq === null) return { verdict: 'not tried', text: 'it leaves no event, and nothing was suspected of it' };
    const { execution, setting } = this.#run;
    const step = execution.steps.findIndex(({ fromSeq, toSeq }) => link.seq! > fromSeq && link.seq! <= toSeq) + 1;
    if (step === 0) return this.#proveBefore(link);
    const { choice, label } = execution.steps[step - 1]!;
    const who = choice.kind === 'step' ? execution.staged.actors[choice.actor]!.name : null;
    if (who === null) return { verdict: 'not tried', text: 'the CPU did it by itself' };
    if (FLUSH_KINDS.includes(link.kind))
      return this.#try(`without the flushes of '${kindOf(label)}'`, setting, withoutFlush(kindOf(label)));
    if (link.kind === 'write' || HARDWARE_STEPS.includes(link.step))
      return this.#try(`without '${label}' of ${who}`, setting, withoutPiece(who, label));
    const event = this.#events.at(link.seq);
    const act = this.#run.acts.find((one) => one.step === step && this.#run.isCode(one) && one.op.step === event?.step);
    if (act === undefined) return { verdict: 'not tried', text: 'it comes along with another step' };
    return this.#try(`without '${link.step}' of ${who}`, setting, without(act.line));
  }

  /** The flush that is missing, behind what it should follow. */
  async #proveMissing(link: Link): Promise<LinkProof> {
    const { execution, setting, acts } = this.#run;
    if (link.step !== 'flush' || link.gap === null)
      return { verdict: 'not tried', text: 'there is no telling how it would have been done' };
    const step =
      execution.steps.findIndex(({ fromSeq, toSeq }) => link.gap!.after > fromSeq && link.gap!.after <= toSeq) + 1;
    const act = acts.find((one) => one.step === step && this.#run.isCode(one));
    if (act === undefined)
      return { verdict: 'not tried', text: 'it belongs to what was done before the program begins' };
    return this.#try(`with a flush there`, setting, addFlush(act.line));
  }

  /** What was done before the program begins: all of it, or nothing. */
  #proveBefore({ kind }: Link): Promise<LinkProof> | LinkProof {
    const { before, ...rest } = this.#run.setting;
    if (before === undefined || kind === 'map')
      return { verdict: 'not tried', text: 'the page is mapped from the start' };
    return this.#try('without what was done before the program begins', rest, null);
  }

  async #try(text: string, setting: Setting, change: Change | null): Promise<LinkProof> {
    const outcome = await this.#outcome(text, change === null ? setting : changed(setting, change));
    const { rule } = this.#run;
    if (outcome === 'unknown')
      return { verdict: 'not tried', text: `${text} there are too many states, or the code makes no sense` };
    return outcome === 'safe'
      ? { verdict: 'necessary', text: `${text} there is no ${rule} in any interleaving` }
      : { verdict: 'not necessary', text: `${text} ${rule} is still there` };
  }

  #outcome(key: string, setting: Setting): Promise<Outcome> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = retry(setting, BROKEN[this.#run.rule], this.#maxStates);
    this.#known.set(key, found);
    return found;
  }
}
