/** Codes of the vocabulary that the machine and the kernel code write, by name. */
import {
  CARRIERS,
  CLAIMS,
  EXIT_REASONS,
  FAULT_HANDLERS,
  FLUSH_REASONS,
  LOCK_KINDS,
  NOTIFIER_PHASES,
  PTE_CAUSES,
  PTE_WRITABLE,
} from '../../traces/index.js';

function codesOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, code) => [name, code])) as Record<Name, number>;
}

export const PTE_CAUSE = codesOf(PTE_CAUSES);
export const FAULT_HANDLER = codesOf(FAULT_HANDLERS);
export const LOCK = codesOf(LOCK_KINDS);
export const CARRIER = codesOf(CARRIERS);
export const CLAIM = codesOf(CLAIMS);
export const FLUSH_REASON = codesOf(FLUSH_REASONS);
export const EXIT_REASON = codesOf(EXIT_REASONS);
export const NOTIFIER = codesOf(NOTIFIER_PHASES);

/** Cause of an update that clears these logical flags. */
export function causeOf(clear: number, plainStore: boolean): number {
  if (plainStore) return PTE_CAUSE.store;
  return clear & PTE_WRITABLE ? PTE_CAUSE.protect : PTE_CAUSE.clean;
}
