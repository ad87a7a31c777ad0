import { pteLayout } from '../../traces/index.js';
import type { Architecture } from './define.js';

/** SFENCE.VMA is local: other CPUs are reached by IPI (or the SBI call that sends one). */
const byIpi = {
  layout: pteLayout('riscv64'),
  secondStage: pteLayout('riscv64'), // the G stage has the format of the first
  flushBy: 'ipi',
  flushCeilingPages: 64, // tlb_flush_all_threshold, arch/riscv/mm/tlbflush.c
  costProfile: 'x86-64-native', // no measured source for RISC-V; the figures stand in for it
} as const;

export const riscv64Svade: Architecture = {
  id: 'riscv64-svade',
  summary: 'Svade: a store with D clear takes a page fault and the kernel sets D; flushes by SFENCE.VMA on IPI',
  hardwareSetsDirty: false,
  ...byIpi,
};

/** Svadu: the update is atomic with the permission check and never speculative, but may happen without the store (an interrupt). */
export const riscv64Svadu: Architecture = {
  id: 'riscv64-svadu',
  summary: 'Svadu: hardware sets D; flushes by SFENCE.VMA on IPI',
  hardwareSetsDirty: true,
  ...byIpi,
};
