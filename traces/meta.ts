/**
 * What a trail says about itself: one key/value row per entry of this record (a value that is not a string is JSON text).
 * Whatever may differ between two equal runs has a key that begins with `host.`; the output path is never stored.
 */
export interface TrailMeta {
  /** `simulated`: accesses drove the machine. `observed`: events stored as a source saw them; strategy is null then. */
  readonly mode: 'simulated' | 'observed';
  /** Inside a virtual machine: the guest's. */
  readonly strategy: string | null;
  /** The way of using the strategy (or the host's), where it has several; null, or absent, where it has one only. */
  readonly variant?: string | null;
  /** Who tracks inside and outside of a virtual machine, and how its memory is translated; null, or absent, where none is modelled. */
  readonly vm?: { readonly guest: string | null; readonly host: string | null; readonly monitor: string } | null;
  readonly arch: string;
  readonly vma: string;
  readonly mutations: readonly string[];
  readonly seed: number;
  readonly interleave: 'coarse' | 'fine';
  readonly populate: 'eager' | 'lazy';
  /** Harvest after that many writes; 0: only the final one. */
  readonly harvestEvery: number;
  readonly tlb: { readonly sets: number; readonly ways: number };
  /** Carriers the consumer reads at the start; a `switch` event changes them. */
  readonly carriers: readonly string[];
  readonly costProfile: {
    readonly id: string;
    /** Figures set one by one, ns. */
    readonly overrides?: Readonly<Record<string, number>>;
    /** Every figure as it was used, ns. */
    readonly ns: Readonly<Record<string, number>>;
  };
  /** Options of the machine that have no row of their own, by name: cpus, vmaGapPages, objectPages, nonCoherent, ... */
  readonly options: Readonly<Record<string, number>>;
  readonly source: SourceMeta;
  /** By actor number. */
  readonly actors: readonly string[];
  /** By space number. */
  readonly spaces: ReadonlyArray<{
    readonly kind: 'mm' | 'second-stage';
    readonly layout: string;
    /** What the consumer of this space reads, where it is another than that of the trail (the host's, beside a guest's). */
    readonly carriers?: readonly string[];
  }>;
  /** By step number; entry 0 is ''. */
  readonly steps: readonly string[];
  /** By number in note events. */
  readonly notes: readonly string[];
  /** By number in switch events. */
  readonly methods: readonly string[];
}

export interface SourceMeta {
  /** `lackey`, `csv`, `workload`, `trail`, ... */
  readonly kind: string;
  /** File name without its folder, workload name, or `-` for standard input. */
  readonly name: string;
  /** Where program time comes from: counted (1 ns per instruction and access, assumed) or given by the source. */
  readonly programTime: 'assumed' | 'given';
  /** Whether loads were played. */
  readonly reads: boolean;
  /** Parameters of a workload, filters of an importer. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

/** Rows written when a recording ends; absent from a trail whose recorder was killed. */
export interface TrailEnding {
  /** The source was read to its end and the final harvest ran. */
  readonly complete: boolean;
  /** Why it is not complete; null when it is. */
  readonly incompleteReason: string | null;
  /** CPUs that the run used. */
  readonly cpus: number;
  /** Program time summed over CPUs, ns. */
  readonly programNs: number;
  readonly skippedLines: number;
  /** 1-based line number of the first skipped line; null when none was. */
  readonly firstSkippedLine: number | null;
}
