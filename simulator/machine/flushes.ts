/**
 * TLB flushes: who must forget what, when it is sent, and what a CPU forgets when it acts on it. By interrupt only those are reached that run
 * the address space; a broadcast instruction reaches all and interrupts none; s390's IPTE is one with the change of the entry.
 */
import { EXIT_REASONS, FLUSH_SCOPES, TLB_HUGE } from '../../traces/index.js';
import type { Architecture } from '../architectures/index.js';
import type { Costs } from '../costs/index.js';
import { STEP_NUMBER } from '../steps.js';
import { PTE_CAUSE } from './codes.js';
import { type Cpus, dropDiscarded } from './cpus.js';
import { ACTOR_PROGRAM, type Journal } from './journal.js';
import type { Memory } from './memory.js';
import { firstAt, lastAt } from './order.js';
import { type FlushRequest, Shootdowns } from './shootdowns.js';

const SCOPE_RANGE = FLUSH_SCOPES.indexOf('range');
const SCOPE_SPACE = FLUSH_SCOPES.indexOf('space');
const SCOPE_ALL = FLUSH_SCOPES.indexOf('all');
const EXIT_INVLPG = EXIT_REASONS.indexOf('invlpg');
const EXIT_KICK = EXIT_REASONS.indexOf('kick');

/** What a flush is asked to cover: the range, the whole address space, or everything (by a monitor, about its second stage). */
export const Cover = { range: 0, space: 1, all: 2 } as const;

export interface FlushOptions {
  readonly architecture: Architecture;
  readonly costs: Costs;
  /** The object is mapped by entries of 2 MiB. */
  readonly huge: boolean;
  /** A guest's flush is an exit to the monitor, which drops what it derived from the guest's entries. */
  readonly shadow: boolean;
}

export class Flushes {
  readonly #options: FlushOptions;
  readonly #cpus: Cpus;
  readonly #memory: Memory;
  readonly #journal: Journal;
  readonly #shootdowns = new Shootdowns();

  constructor(options: FlushOptions, cpus: Cpus, memory: Memory, journal: Journal) {
    this.#options = options;
    this.#cpus = cpus;
    this.#memory = memory;
    this.#journal = journal;
  }

  addCpu(): void {
    this.#shootdowns.addCpu();
  }

  /** Whether every flush that the actor sent has been acknowledged. */
  done(actor: number): boolean {
    return this.#shootdowns.done(actor);
  }

  /**
   * Sends a flush of first..last to the CPUs that may use what they cached of it; gives the number of remote ones.
   * @param cover see `Cover`
   */
  send(first: number, last: number, reason: number, cover: number): number {
    const { costs, architecture } = this.#options;
    const journal = this.#journal;
    const span = this.#memory.span(first, last);
    const space = this.#memory.pages.space[first]!;
    const byHost = cover === Cover.all;
    const byIpi = architecture.flushBy === 'ipi' || byHost;
    const wide = span > architecture.flushCeilingPages;
    const effective = byHost ? SCOPE_ALL : cover === Cover.space || wide ? SCOPE_SPACE : SCOPE_RANGE;
    const flush = byHost ? 0 : this.#cpus.spaces.flush(space);
    // Whoever runs another space is not interrupted: it will see at its next switch that it missed a flush.
    const targets = this.#cpus.ran.map(
      (ran, cpu) => ran && (byHost || !byIpi || this.#cpus.spaces.currentOf(cpu) === space),
    );
    const remote = byIpi ? targets.filter((is, cpu) => is && cpu !== journal.cpu).length : 0;
    const costNs = byIpi
      ? remote === 0
        ? 0
        : costs.ipiBase + remote * costs.ipiPerCpu
      : costs.broadcastBase + (effective === SCOPE_RANGE ? span : 1) * costs.broadcastPerPage;
    journal.flushSend(first, span, effective, remote, reason, costNs);
    const request: FlushRequest = { first, last, scope: effective, reason, sender: journal.actor, flush, byHost };
    for (let cpu = 0; cpu < targets.length; cpu++) if (targets[cpu]) this.#shootdowns.send(cpu, request);
    return remote;
  }

  /** A flush that a CPU can act on waits for it; with a sender, one of that actor's. */
  isPending(cpu: number, sender?: number): boolean {
    const { inInstruction, inMonitor } = this.#cpus;
    if (inInstruction[cpu]) return false;
    const request = this.#shootdowns.next(cpu, inMonitor[cpu]!, sender);
    if (request === undefined) return false;
    return !this.#options.shadow || !this.#leftBehind(cpu, request).some((other) => inInstruction[other]);
  }

  /** A CPU acts on its oldest pending flush; with a sender, on the oldest of that actor's. */
  acknowledge(cpu: number, sender?: number): void {
    const journal = this.#journal;
    const { pages } = this.#memory;
    const request = this.#shootdowns.acknowledge(cpu, this.#cpus.inMonitor[cpu]!, sender);
    const { first, last, scope, reason, flush } = request;
    const space = pages.space[first]!;
    const { actor, cpu: before } = journal;
    if (cpu !== before) journal.enter(ACTOR_PROGRAM + cpu, cpu);
    journal.step = STEP_NUMBER.flush;
    const { shadow, costs } = this.#options;
    const emulated = shadow && scope !== SCOPE_ALL;
    if (emulated) journal.exit(first, EXIT_INVLPG, costs.invlpgExit);
    const span = this.#memory.span(first, last);
    journal.flushAck(first, span, scope, reason, this.#acknowledgeCost(cpu, span, scope, space));
    if (emulated) {
      for (const other of this.#leftBehind(cpu, request)) this.#dropInMonitor(other, request);
      journal.enter(ACTOR_PROGRAM + cpu, cpu);
      this.#zapShadow(first, last, scope);
    }
    journal.enter(actor, before);
    if (scope === SCOPE_RANGE) this.#dropRange(cpu, first, last);
    else if (scope === SCOPE_SPACE) this.#cpus.dropSpace(cpu, space);
    else this.#dropAll(cpu);
    if (scope !== SCOPE_ALL) this.#cpus.spaces.acknowledged(cpu, space, flush);
  }

  /** Every CPU drops what it has of an entry, in the same step as the entry changed: s390's IPTE. */
  invalidateEverywhere(entry: number, reason: number): void {
    const journal = this.#journal;
    const { actor, cpu: before } = journal;
    for (let cpu = 0; cpu < this.#cpus.tlbs.length; cpu++) {
      const slot = this.#cpus.tlbs[cpu]!.slotOf[entry]!;
      if (slot < 0) continue;
      if (cpu !== before) journal.enter(ACTOR_PROGRAM + cpu, cpu);
      journal.flushAck(entry, 1, SCOPE_RANGE, reason, 0);
      this.#cpus.tlbs[cpu]!.drop(slot);
      journal.enter(actor, before);
    }
  }

  /**
   * Virtual CPUs that have acted on this flush of a guest, or were not sent it, and have cached since what the monitor is about to take out of their common
   * shadow: they are made to exit and drop it (KVM: kvm_flush_remote_tlbs in its INVLPG emulation).
   */
  #leftBehind(cpu: number, request: FlushRequest): number[] {
    const { first, last, scope } = request;
    if (scope === SCOPE_ALL) return [];
    const { pages } = this.#memory;
    const space = pages.space[first]!;
    return this.#cpus.tlbs.flatMap((tlb, other) => {
      if (other === cpu || tlb.valid === 0 || this.#shootdowns.awaits(other, request)) return [];
      const covers = (page: number) =>
        pages.space[page] === space &&
        (scope !== SCOPE_RANGE ||
          (pages.number[page]! >= pages.number[first]! && pages.number[page]! <= pages.number[last]!));
      return tlb.page.some((page) => page >= 0 && covers(page) && pages.flags[pages.under[page]!] !== 0) ? [other] : [];
    });
  }

  #dropInMonitor(cpu: number, { first, last, scope, reason }: FlushRequest): void {
    const journal = this.#journal;
    const { step } = journal;
    journal.enter(ACTOR_PROGRAM + cpu, cpu);
    journal.exit(-1, EXIT_KICK, this.#options.costs.kick);
    const span = this.#memory.span(first, last);
    const space = this.#memory.pages.space[first]!;
    journal.flushAck(first, span, scope, reason, this.#acknowledgeCost(cpu, span, scope, space));
    journal.step = step;
    if (scope === SCOPE_RANGE) this.#dropRange(cpu, first, last);
    else this.#cpus.dropSpace(cpu, space);
  }

  /** The monitor emulates INVLPG, or a load of CR3: what it derived from the guest's entries goes. */
  #zapShadow(first: number, last: number, scope: number): void {
    const { pages } = this.#memory;
    const space = pages.space[first]!;
    const all = scope !== SCOPE_RANGE;
    const end = all ? lastAt(pages, space, 0, Number.MAX_SAFE_INTEGER) : last;
    this.#journal.step = STEP_NUMBER['monitor drops shadow entry'];
    for (
      let page = all ? firstAt(pages, space, 0, Number.MAX_SAFE_INTEGER) : first;
      page >= 0;
      page = this.#memory.nextWithin(page, end)
    ) {
      this.#memory.change(pages.under[page]!, 0, PTE_CAUSE.monitor);
    }
  }

  #dropRange(cpu: number, first: number, last: number): void {
    const tlb = this.#cpus.tlbs[cpu]!;
    const { pages } = this.#memory;
    if (pages.discarded > 0) dropDiscarded(tlb, pages, first, last);
    for (let page = first; page >= 0; page = this.#memory.nextWithin(page, last)) {
      if (tlb.slotOf[page]! >= 0) tlb.drop(tlb.slotOf[page]!);
      // A huge entry goes when any page of it does.
      const huge = this.#options.huge ? tlb.slotOf[pages.tableOf(page).entries[0]!]! : -1;
      if (huge >= 0 && tlb.flags[huge]! & TLB_HUGE) tlb.drop(huge);
    }
  }

  #dropAll(cpu: number): void {
    const tlb = this.#cpus.tlbs[cpu]!;
    for (let slot = 0; tlb.valid > 0; slot++) tlb.drop(slot);
  }

  /** A broadcast is paid by its sender; the target only walks again for what it lost. */
  #acknowledgeCost(cpu: number, span: number, scope: number, space: number): number {
    const { architecture, costs } = this.#options;
    const interrupted = architecture.flushBy === 'ipi' || scope === SCOPE_ALL;
    if (scope === SCOPE_RANGE) return interrupted ? span * costs.invlpg : 0;
    const lost = scope === SCOPE_ALL ? this.#cpus.tlbs[cpu]!.valid : this.#cpus.heldOf(cpu, space);
    return (interrupted ? costs.fullFlush : 0) + lost * costs.refillPerEntry;
  }
}
