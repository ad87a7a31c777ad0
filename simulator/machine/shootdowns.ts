/**
 * TLB flushes between sending and acknowledgment. A sent flush waits at each target until the target acts on it, and its sender
 * can wait until all have.
 */
import { invariant } from '../../base/index.js';

export interface FlushRequest {
  /** Page indices, both included. */
  readonly first: number;
  readonly last: number;
  readonly scope: number;
  readonly reason: number;
  readonly sender: number;
  /** Number of the flush among those of its space. */
  readonly flush: number;
  /** Sent by a monitor about its second stage: it reaches a CPU also while that CPU is in the monitor. */
  readonly byHost: boolean;
}

export class Shootdowns {
  /** Oldest first, by CPU. */
  readonly #pending: FlushRequest[][] = [];
  /** Acknowledgments that an actor still waits for. */
  readonly #outstanding = new Map<number, number>();

  addCpu(): void {
    this.#pending.push([]);
  }

  send(cpu: number, request: FlushRequest): void {
    this.#pending[cpu]!.push(request);
    this.#outstanding.set(request.sender, (this.#outstanding.get(request.sender) ?? 0) + 1);
  }

  /**
   * The flush that the CPU can act on next; undefined where none waits.
   * @param inMonitor it is in the monitor, where only the host's reach it
   * @param sender only flushes of that actor count
   */
  next(cpu: number, inMonitor: boolean, sender: number | undefined): FlushRequest | undefined {
    return this.#pending[cpu]![this.#oldest(cpu, inMonitor, sender)];
  }

  /** Whether that very flush has still to be acted on by the CPU. */
  awaits(cpu: number, request: FlushRequest): boolean {
    return this.#pending[cpu]!.includes(request);
  }

  /** The oldest flush (of that sender) that a CPU can act on; it counts as acknowledged. */
  acknowledge(cpu: number, inMonitor: boolean, sender: number | undefined): FlushRequest {
    const at = this.#oldest(cpu, inMonitor, sender);
    invariant(at >= 0, `CPU ${cpu} acknowledges a flush that was not sent`);
    const request = this.#pending[cpu]!.splice(at, 1)[0]!;
    this.#outstanding.set(request.sender, this.#outstanding.get(request.sender)! - 1);
    return request;
  }

  /** Whether every flush that the actor sent has been acknowledged. */
  done(actor: number): boolean {
    return (this.#outstanding.get(actor) ?? 0) === 0;
  }

  #oldest(cpu: number, inMonitor: boolean, sender: number | undefined): number {
    const pending = this.#pending[cpu]!;
    if (!inMonitor && sender === undefined) return pending.length === 0 ? -1 : 0;
    return pending.findIndex((one) => (one.byHost || !inMonitor) && (sender === undefined || one.sender === sender));
  }
}
