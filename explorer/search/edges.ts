/** The graph of a finished search: how many ways lead through it, and whether every state can come to an end. */

export class Edges {
  /** Targets, state by state. */
  #to = new Int32Array(1 << 12);
  /** Number of the first edge behind each state. */
  #end = new Int32Array(1 << 12);
  #edges = 0;
  #states = 0;

  add(to: number): void {
    if (this.#edges === this.#to.length) this.#to = doubled(this.#to);
    this.#to[this.#edges++] = to;
  }

  endState(): void {
    if (this.#states === this.#end.length) this.#end = doubled(this.#end);
    this.#end[this.#states++] = this.#edges;
  }

  /** Number of ways from the first state to an end; null where a way can go on for ever. */
  countWays(): bigint | null {
    const states = this.#states;
    const missing = new Int32Array(states);
    for (let edge = 0; edge < this.#edges; edge++) missing[this.#to[edge]!]!++;
    const ways = Array.from<bigint | undefined>({ length: states });
    ways[0] = 1n;
    let total = 0n;
    let done = 0;
    // A state is counted when all that lead to it are.
    const ready = missing[0] === 0 ? [0] : [];
    for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
      done++;
      const here = ways[at]!;
      ways[at] = undefined;
      const [from, to] = this.#range(at);
      if (from === to) total += here;
      for (let edge = from; edge < to; edge++) {
        const next = this.#to[edge]!;
        ways[next] = (ways[next] ?? 0n) + here;
        if (--missing[next]! === 0) ready.push(next);
      }
    }
    return done === states ? total : null;
  }

  /** The first state, in order of discovery, from which no end can be reached; -1 where every one can. */
  firstEndless(): number {
    const states = this.#states;
    const comes = new Uint8Array(states);
    // Backwards over all edges until nothing changes; few rounds, since most edges lead on to later states.
    for (let changed = true; changed; ) {
      changed = false;
      for (let at = states - 1; at >= 0; at--) {
        if (comes[at]) continue;
        const [from, to] = this.#range(at);
        let ends = from === to;
        for (let edge = from; edge < to && !ends; edge++) ends = comes[this.#to[edge]!] === 1;
        if (ends) changed = (comes[at] = 1) === 1;
      }
    }
    return comes.indexOf(0);
  }

  #range(state: number): readonly [number, number] {
    return [state === 0 ? 0 : this.#end[state - 1]!, this.#end[state]!];
  }
}

function doubled(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}
