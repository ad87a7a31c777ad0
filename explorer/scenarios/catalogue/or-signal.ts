/**
 * Accesses of a program to what it may have lost the right to, or the mapping of: a fault looks the VMA up under the mmap lock, and where that does not
 * allow the access any more a signal ends it.
 */
import { LOCK, type Micro, micro, Op } from '../../../simulator/index.js';
import type { ScenarioPiece } from '../../scenario.js';

/** @param allowed asked at each fault, with the mmap lock held, which the handler then keeps */
export function orSignal(piece: ScenarioPiece, allowed: () => Micro<boolean>): ScenarioPiece {
  return { label: piece.label, code: () => accessOrSignal(piece.code(), allowed) };
}

function* accessOrSignal(code: Micro, allowed: () => Micro<boolean>): Micro {
  let inFault = false;
  for (let turn = code.next(0); !turn.done; ) {
    const op = turn.value;
    if (op.code === Op.resume && inFault) {
      yield micro(Op.unlock, 'lock', -1, LOCK.mmap);
      inFault = false;
    }
    const result = yield op;
    if (op.code === Op.faultEnter) {
      yield micro(Op.lock, 'lock', -1, LOCK.mmap);
      inFault = true;
      if (!(yield* allowed())) {
        yield micro(Op.unlock, 'lock', -1, LOCK.mmap);
        yield micro(Op.resume, 'fault entry', op.page);
        return;
      }
    }
    turn = code.next(result);
  }
}

/** No right is left, and no fault gives it back. */
// biome-ignore lint/correctness/useYield: it must have the shape of a question to the machine.
export function* never(): Micro<boolean> {
  return false;
}
