/**
 * One search shared out among threads: the same verdict and the same counts as on one. A search is small or large, and nobody knows which before, so it
 * begins on one thread, with all that a small graph is good for, and the others are called when it turns out to be large.
 */
import { Worker } from 'node:worker_threads';
import { Random, UsageError } from '../base/index.js';
import { conclude, type Exploration, explore, type ExploreOptions, GRAPH_STATES } from './explore.js';
import { type Outcome, outcomeOf, searchOptionsOf, withRoom } from './explore.js';
import { search } from './search/search.js';
import type { Reply, Request } from './search/share.js';
import { type Peer, Team } from './search/team.js';
import { trialPacking } from './search/trial.js';
import type { WorkerSetup } from './search/worker.js';
import { targetOf, type TargetSpec } from './target.js';

export interface ThreadOptions extends ExploreOptions {
  /** Threads that states are shared out among, besides this one; 1: this one alone. */
  readonly threads: number;
  /** States up to which this thread searches alone. Default: as many as a graph is kept of. */
  readonly aloneStates?: number;
}

/** Ports, buffers on their way and imbalance grow with each; nobody has measured more. */
const THREADS_MAX = 64;

/** @throws UsageError for a target that is not known, or options that exclude each other */
export async function exploreInThreads(spec: TargetSpec, options: ThreadOptions): Promise<Exploration> {
  const { threads, reduce = false, aloneStates = GRAPH_STATES } = options;
  refuse(options);
  const { setting } = targetOf(spec);
  if (threads === 1) return explore(setting, options);
  return withRoom(setting, reduce, async ({ model, packing }) => {
    const started = performance.now();
    // The trial once more, which gives most places of code their numbers: others need not wait for those.
    trialPacking(model, new Random(1));
    const alone = searchOptionsOf(options);
    const { limits } = alone;
    const found = await search(model, {
      ...alone,
      limits: { ...limits, states: Math.min(limits.states, aloneStates) },
    });
    const isLarge = found.stopped === 'states' && found.visited.count <= limits.states;
    if (!isLarge) return conclude(setting, model, reduce, outcomeOf(model, found, reduce));
    const setups = Array.from({ length: threads }, (_, index) => ({ spec, reduce, packing, index }));
    const peers = setups.map((setup) => new ThreadPeer(setup));
    try {
      const team = new Team(model, peers, found, { ...alone, started });
      return await conclude(setting, model, reduce, await sharedOutcome(team));
    } finally {
      await Promise.all(peers.map((peer) => peer.end()));
    }
  });
}

/** Of a search that is shared out. Its graph is nowhere as a whole, as that of a large one never is. */
async function sharedOutcome(team: Team): Promise<Outcome> {
  const result = await team.search();
  return {
    ...result,
    worst: await team.worst(),
    broken: new Set(result.sightings.keys()),
    interleavings: null,
    wayTo: (rule) => team.wayTo(rule),
    wayToWorst: () => team.wayToWorst(),
  };
}

/** A share on a thread of its own. */
class ThreadPeer implements Peer {
  readonly #worker: Worker;
  #failed: Error | null = null;
  #resolve: (reply: Reply) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(setup: WorkerSetup) {
    this.#worker = new Worker(new URL('./search/worker.js', import.meta.url), { workerData: setup });
    this.#worker.on('message', (reply: Reply) => this.#resolve(reply));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('messageerror', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('a thread of the search has ended')));
  }

  ask(request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== null) throw this.#failed;
      this.#resolve = resolve;
      this.#reject = reject;
      this.#worker.postMessage(request);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#reject(this.#failed);
  }
}

function refuse({ threads, count = false }: ThreadOptions): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > THREADS_MAX)
    throw new UsageError({
      what: `${threads} threads are out of range`,
      why: `a search is shared out among 1 to ${THREADS_MAX}`,
      mend: 'use as many as the machine has cores',
    });
  if (threads > 1 && count)
    throw new UsageError({
      what: 'interleavings cannot be counted on several threads',
      why: 'no thread has the whole graph',
      mend: 'leave --threads out',
    });
}
