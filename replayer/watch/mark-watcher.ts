/** Watchpoints on a mark: one bit, set and cleared by events about ranges, and gone with the page. */
import { carrierBit, carrierCode, mark, unmap, type EventBatch } from '../../traces/index.js';
import { touches } from '../touches.js';
import type { MarkStop } from './stop.js';
import { hasKind, speaksOf, type Watcher } from './watcher.js';

const KINDS = (1 << mark.code) | (1 << unmap.code);

export function markWatcher({ carrier, space, page }: MarkStop): Watcher {
  const code = carrierCode(carrier);
  let isSet = false;
  const isOurs = (batch: EventBatch, row: number): boolean =>
    batch.space[row] === space &&
    touches(batch, row, page, page) &&
    (batch.kind[row] !== mark.code || batch.slots[mark.slot.carrier]![row] === code);
  const mayHold: Watcher['mayHold'] = (chunk) => hasKind(chunk, [mark.kind, unmap.kind]) && speaksOf(chunk, page, page);
  return {
    kinds: KINDS,
    mayHold,
    matches(batch, row) {
      if (!isOurs(batch, row)) return false;
      const was = isSet;
      isSet = batch.kind[row] === mark.code && batch.slots[mark.slot.value]![row] !== 0;
      return was !== isSet;
    },
    state: {
      begin({ pages }) {
        const index = pages.find(space, page);
        isSet = index >= 0 && (pages.marks[index]! & carrierBit(code)) !== 0;
      },
      anchorKinds: KINDS,
      mayAnchor: mayHold,
      isAnchor: isOurs,
      trailing: false,
      settled: true,
    },
  };
}
