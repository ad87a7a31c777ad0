/** What the writes are like, whoever tracks them: how much of the memory each epoch touches, and how often. It decides most of what tracking costs. */
import { count, counted, ratio } from '../../base/index.js';
import type { Measured } from './criteria.js';

export interface WritesShape {
  readonly writes: number;
  readonly epochs: number;
  /** Pages mapped at the end. */
  readonly pages: number;
  /** Pages that were dirtied in an epoch, on average. */
  readonly pagesPerEpoch: number;
  /** The same as a fraction of the pages mapped, 0..1. */
  readonly share: number;
  /** Writes to a page in an epoch in which it was written, on average. */
  readonly writesPerPage: number;
  /** Bytes written to it, on average; above 4096 where they were written again. */
  readonly bytesPerPage: number;
}

/** From a run that lost nothing: what was dirtied was transferred. */
export function shapeOf({ cost, pages }: Measured & { readonly pages: number }): WritesShape {
  const dirtied = Math.max(1, cost.lagNs.samples);
  const epochs = Math.max(1, cost.epochs);
  return {
    writes: cost.writes,
    epochs,
    pages,
    pagesPerEpoch: dirtied / epochs,
    share: pages === 0 ? 0 : Math.min(1, dirtied / epochs / pages),
    writesPerPage: cost.writes / dirtied,
    bytesPerPage: cost.bytesWritten / dirtied,
  };
}

export function shapeText({ pages, pagesPerEpoch, share, writesPerPage, epochs }: WritesShape): string {
  const found = Number.isInteger(pagesPerEpoch) ? count(pagesPerEpoch) : ratio(pagesPerEpoch);
  const rounds = epochs === 1 ? 'the only harvest finds' : 'a harvest finds, on average,';
  const times = writesPerPage === 1 ? 'once' : `${ratio(writesPerPage)} times`;
  return `${rounds} ${found} of ${counted(pages, 'mapped page')} written (${percent(share)}), each of them ${times}`;
}

/** A fraction as percent: `3 %`, `0.04 %`. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  return `${value >= 9.95 || value === 0 ? value.toFixed(0) : value.toPrecision(2)} %`;
}
