/** Kinds of mapping that a strategy may or may not be able to track. */
import type { MemoryKind } from '../traces/index.js';

export interface VmaKind {
  readonly id: string;
  readonly summary: string;
  /** What lies behind its pages unless said otherwise. */
  readonly memory: MemoryKind;
}

export const VMA_KINDS = [
  { id: 'anon', summary: 'private anonymous memory', memory: 'system' },
  {
    id: 'shared-file',
    summary: 'shared, page-backed memory: every entry has a struct page behind it',
    memory: 'system',
  },
  { id: 'mixedmap', summary: 'VM_MIXEDMAP: each entry with or without a struct page', memory: 'device' },
  { id: 'pfnmap', summary: 'VM_PFNMAP: no struct page behind any entry (device memory)', memory: 'device' },
  { id: 'guest', summary: 'second-stage memory of a virtual machine', memory: 'system' },
] as const satisfies readonly VmaKind[];

export type VmaId = (typeof VMA_KINDS)[number]['id'];
