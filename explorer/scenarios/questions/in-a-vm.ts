/** The third question: a guest tracks by its own D bits, under each way of translating its memory. */
import type { RuleId } from '../../rules.js';
import type { GuiltyStep, ScenarioDefinition } from '../../scenario.js';
import { strategySetting } from '../../strategy-scenario.js';
import { THREAD_OF_2013 } from './thread.js';

function inAVm(
  monitor: string,
  summary: string,
  expects: RuleId | 'safe',
  assumes: readonly string[],
  guilty?: GuiltyStep,
): ScenarioDefinition {
  return {
    id: `in-a-vm-${monitor}`,
    summary,
    year: 2013,
    reference: THREAD_OF_2013,
    kind: 'question',
    variants: [],
    expects,
    ...(guilty !== undefined && { guilty }),
    architectures: ['x86-64'],
    setting: (_variant, arch) => ({
      ...strategySetting({
        machine: { guest: 'hw-dirty', monitor, arch },
        cpus: 2,
        pages: 1,
        writes: 2,
        harvests: 2,
        evictions: 0,
      }),
      assumes: [
        ...assumes,
        "a guest's flush waits until every virtual CPU has acted on it, and one in the monitor acts on it on its way back",
      ],
    }),
  };
}

export const inAVmNested = inAVm(
  'nested',
  'a guest clears D with nested paging: hardware sets D in the tables of both stages',
  'safe',
  ['the walker sets D of the guest and of the second stage in two steps, each of which checks again'],
);

export const inAVmShadow = inAVm(
  'shadow',
  'a guest clears D with shadow paging: the monitor emulates its dirty bits and acts on its INVLPG',
  'safe',
  ["the monitor sets the guest's D before the shadow entry becomes writable, under its MMU lock"],
);

export const inAVmBroken = inAVm(
  'broken',
  'a guest clears D, and the monitor never sets it: dirty bits are not emulated',
  'lost-write',
  ['the monitor lets a page be written whenever the W of the guest allows it'],
  { actor: 'program', step: 'monitor sets D', how: 'missing' },
);
