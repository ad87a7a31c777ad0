/** Kinds of mapping that a strategy may or may not be able to track. */
import type { RealMemory } from './machine/frames.js';

export interface VmaKind {
  readonly id: string;
  readonly summary: string;
  /** What lies behind its pages unless said otherwise; `mixed`: blocks of both. */
  readonly memory: RealMemory | 'mixed';
  /** Whether a frame of each memory has a struct page behind its entries. */
  readonly structPage: Readonly<Record<RealMemory, boolean>>;
  /** Several processes can have the same memory. */
  readonly shared: boolean;
}

const ALWAYS = { system: true, device: true } as const;

export const VMA_KINDS = [
  { id: 'anon', summary: 'private anonymous memory', memory: 'system', structPage: ALWAYS, shared: false },
  {
    id: 'shared-file',
    summary: 'shared, page-backed memory: every entry has a struct page behind it',
    memory: 'system',
    structPage: ALWAYS,
    shared: true,
  },
  {
    id: 'mixedmap',
    summary: 'VM_MIXEDMAP: entries of system memory have a struct page, those of device memory have none',
    memory: 'mixed',
    structPage: { system: true, device: false },
    shared: true,
  },
  {
    id: 'pfnmap',
    summary: 'VM_PFNMAP: no struct page behind any entry (device memory, or system memory mapped by frame number)',
    memory: 'device',
    structPage: { system: false, device: false },
    shared: true,
  },
  {
    id: 'guest',
    summary: 'second-stage memory of a virtual machine',
    memory: 'system',
    structPage: ALWAYS,
    shared: false,
  },
] as const satisfies readonly VmaKind[];

export type VmaId = (typeof VMA_KINDS)[number]['id'];
