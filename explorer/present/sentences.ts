/** One sentence for each rule: what a step did against it, to which page, and who is the worse for it. */
import { CLAIMS } from '../../traces/index.js';
import { CLAIM, type MicroOp, Op } from '../../simulator/index.js';
import type { RuleId } from '../rules.js';
import { list, type Scene, stepsText } from './scene.js';

/** A step at which a rule is broken; `rest`: not by the last step, but by nothing going on after it. */
export interface Breach {
  readonly rule: RuleId;
  readonly step: number;
  readonly rest: boolean;
}

type Sentence = (scene: Scene, step: number, rest: boolean) => string;

export const SENTENCES: Readonly<Record<RuleId, Sentence>> = {
  'wrong-frame-write': (scene, step) => {
    const replaces = scene.operation(step, Op.replaceFrame);
    const home = scene.homeOf(step, Op.replaceFrame, Op.commit);
    if (replaces?.op.code !== Op.replaceFrame)
      return `${scene.step(step)} writes to a frame that ${scene.page(home)} has left: nobody who reads ${scene.page(home)} will ever see it`;
    const copy = scene.before(step, (deed) => claims(deed.op, CLAIM.copied, CLAIM.compared) && scene.isOn(deed, home));
    const missed = scene.deeds.filter(
      (deed) => deed.step > (copy?.step ?? 0) && deed.step < step && isWrite(deed.op) && scene.isOn(deed, home),
    );
    return `${scene.step(step)} puts a copy in the place of ${scene.page(home)} that was taken ${copy === null ? 'before' : `at step ${copy.step}`} and misses ${writesText(scene, missed)}`;
  },
  'dirty-as-proof': (scene, step) =>
    `${scene.step(step)} takes the frame of ${scene.page(scene.homeOf(step, Op.declare))} for its own, but no copy has taken its place: another owner shares it, and will see what is written next`,
  'lost-write': lost,
  misattributed: (scene, step, rest) => {
    const report = scene.before(
      step + 1,
      ({ op, step: at }) => op.code === Op.report && scene.breaks(at, 'false-dirty'),
    );
    const instead = report === null ? '' : `; ${scene.step(report.step)} told of another page instead`;
    return `${rest ? lost(scene, step, rest) : `${scene.step(step)} loses what was written`}${instead}`;
  },
  'invisible-write': lost,
  'write-after-revoke': (scene, step) => {
    const page = scene.operation(step, Op.commit)?.op.page ?? -1;
    const call = scene.before(step, (deed) => claims(deed.op, CLAIM.protected, CLAIM.gone) && deed.op.page === page);
    const since = call === null ? '' : ` at step ${call.step} (${scene.who(call.step)})`;
    return `${scene.step(step)} writes ${scene.page(page)} after the call that took the right away returned${since}; the entry is ${scene.entry(step, page)}`;
  },
  'transient-none': (scene, step) => {
    const page = scene.operation(step, Op.pteExchange, Op.pteStore, Op.pteChange, Op.replaceFrame)?.op.page ?? -1;
    const gone = scene.before(step, (deed) => claims(deed.op, CLAIM.gone) && deed.op.page === page);
    return `${scene.step(step)} puts an entry of ${scene.page(page)} back whose contents were given up${gone === null ? '' : ` at step ${gone.step} (${scene.who(gone.step)})`}: a caller was told that they are gone`;
  },
  'fault-livelock': (scene) => `${goingOn(scene)}, and no order of steps brings it to an end`,
  deadlock: (scene, step) => `after ${after(step)} every actor waits for another: ${waiting(scene)}`,
  'clobbered-dirty': (scene, step) => {
    const store = scene.operation(step, Op.pteStore);
    const page = store?.op.page ?? -1;
    const load = scene.before(
      step,
      ({ op, actor }) => op.code === Op.pteLoad && op.page === page && actor === store?.actor,
    );
    return `${scene.step(step)} stores back what it made of ${load === null ? 'an earlier load' : `its load at step ${load.step}`}, over the ${scene.entry(step - 1, page)} that the entry of ${scene.page(page)} has become since`;
  },
  'decided-before-flush': (scene, step) => {
    const home = scene.homeOf(step, Op.transfer, Op.discardFrame, Op.declare);
    return `${scene.step(step)} takes ${scene.page(home)} for settled while it can still be written by ${list(scene.stale(step - 1, home)) || 'a CPU'}`;
  },
  'skipped-flush': (scene, step) => {
    const home = scene.homeOf(step, Op.declare);
    const owner = scene.before(
      step,
      ({ op, actor }) => op.code === Op.flushSend && actor !== scene.operation(step)?.actor,
    );
    return `${scene.step(step)} relies on a restriction of ${scene.page(home)} whose flush ${owner === null ? 'another actor' : `${scene.who(owner.step)} sent at step ${owner.step} and`} still waits for: ${list(scene.stale(step, home))}`;
  },
  'missing-rearm': (scene, step) => {
    const home = scene.homeOf(step, Op.markClear);
    return `${scene.step(step)} takes the mark of ${scene.page(home)} while its entry is ${scene.entry(step, home)}: the next store leaves none`;
  },
  'dropped-on-transform': (scene, step) => {
    const home = scene.untold(step).find((one) => !scene.isPresent(step, one)) ?? -1;
    const taken = scene.before(step, (deed) => TAKES_OUT.includes(deed.op.code) && scene.isOn(deed, home));
    return `${scene.step(step)} lets others in; the entry of ${scene.page(home)} went${taken === null ? '' : ` at step ${taken.step} (${scene.text(taken.op, taken.result)})`}, and no carrier has its D`;
  },
  'unlock-before-flush': (scene, step) => `${scene.step(step)} lets others in while ${rights(scene, step)}`,
  'elided-flush': (scene, step) =>
    `everything is at rest after ${after(step)}, and ${rights(scene, step)}: no flush comes any more`,
  'stale-tlb-write': (scene, step) => {
    const page = scene.operation(step, Op.commit)?.op.page ?? -1;
    return `${scene.step(step)} writes ${scene.page(page)} through a TLB entry with more rights than memory, where it is ${scene.entry(step, page)}`;
  },
  'false-dirty': (scene, step) => {
    const home = scene.homeOf(step, Op.report);
    return `${scene.step(step)} reports ${scene.page(home)}, of which ${scene.names.consumer(home)} lacks nothing`;
  },
};

const TAKES_OUT: readonly number[] = [Op.pteUnmap, Op.pteExchange, Op.pteStore, Op.pteChange, Op.replaceFrame];

function lost(scene: Scene, step: number, rest: boolean): string {
  if (!rest) {
    const home = scene.homeOf(step, Op.discardFrame);
    const writes = scene.lackedWrites(step - 1, home);
    return `${writesText(scene, writes)} to ${scene.page(home)} ${isOrAre(writes)} lost: ${scene.step(step)} gives the frame up, and ${scene.names.consumer(home)} never had ${itOrThem(writes)}`;
  }
  return scene
    .untold(step)
    .map((home) => {
      const writes = scene.lackedWrites(step, home);
      const reads = scene.carriers(home);
      const consumer = scene.names.consumer(home);
      return `${writesText(scene, writes)} to ${scene.page(home)} ${isOrAre(writes)} lost: everything is at rest, ${consumer} lacks ${itOrThem(writes)}, and nothing that it reads (${reads}) says so`;
    })
    .join('; ');
}

/** `the stores of steps 5 and 8 (cpu0)`. */
function writesText(scene: Scene, writes: ReadonlyArray<{ readonly step: number; readonly op: MicroOp }>): string {
  if (writes.length === 0) return 'what was written before the first step';
  const byWriter = new Map<string, number[]>();
  for (const { step, op } of writes) {
    const key = `${op.code === Op.commit ? 'store' : 'write'} ${scene.who(step)}`;
    byWriter.set(key, [...(byWriter.get(key) ?? []), step]);
  }
  const parts = [...byWriter].map(([key, steps], at) => {
    const space = key.indexOf(' ');
    const noun = `${key.slice(0, space)}${steps.length === 1 ? '' : 's'}`;
    return `${at === 0 || key.startsWith('write') ? `the ${noun} of ` : 'of '}${stepsText(steps)} (${key.slice(space + 1)})`;
  });
  return list(parts);
}

/** Who has which rights that memory does not give, by page. */
function rights(scene: Scene, step: number): string {
  const parts = scene
    .staleHomes(step)
    .map(
      (home) =>
        `${list(scene.stale(step, home))} can write ${scene.page(home)}, whose entry is ${scene.entry(step, home)}`,
    );
  return list(parts) || 'a CPU has more rights than memory';
}

/** What each actor that has not ended waits for. */
function waiting(scene: Scene): string {
  const { model } = scene.moments;
  const state = scene.moments.after(scene.last);
  const parts = model.actors.flatMap((_, actor) => {
    const { op } = model.tables[actor]!.nodes[state.get(state.node + actor)]!;
    return op === null ? [] : [`${scene.names.actors[actor]} before "${scene.text(op, 0)}"`];
  });
  return list(parts);
}

/** Where the actors are that have not ended. */
function goingOn(scene: Scene): string {
  const { model } = scene.moments;
  const parts = model.actors.flatMap((_, actor) => {
    const piece = scene.moments.pieceIn(scene.last + 1, actor);
    return piece === null
      ? []
      : [`${scene.names.actors[actor]} goes on with "${scene.moments.piece(actor, piece).label}"`];
  });
  return list(parts);
}

function claims({ code, a }: MicroOp, ...wanted: readonly number[]): boolean {
  return code === Op.declare && a < CLAIMS.length && wanted.includes(a);
}

function isWrite({ code }: MicroOp): boolean {
  return code === Op.commit || code === Op.otherWrite;
}

function after(step: number): string {
  return step === 0 ? 'the beginning' : `step ${step}`;
}

function isOrAre(writes: readonly unknown[]): string {
  return writes.length > 1 ? 'are' : 'is';
}

function itOrThem(writes: readonly unknown[]): string {
  return writes.length > 1 ? 'them' : 'it';
}
