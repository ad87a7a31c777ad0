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

  isPending(cpu: number): boolean {
    return this.#pending[cpu]!.length > 0;
  }

  /** The oldest flush that a CPU has not acted on; it counts as acknowledged. */
  acknowledge(cpu: number): FlushRequest {
    const request = this.#pending[cpu]!.shift();
    invariant(request !== undefined, `CPU ${cpu} acknowledges a flush that was not sent`);
    this.#outstanding.set(request.sender, this.#outstanding.get(request.sender)! - 1);
    return request;
  }

  /** Whether every flush that the actor sent has been acknowledged. */
  done(actor: number): boolean {
    return (this.#outstanding.get(actor) ?? 0) === 0;
  }
}
