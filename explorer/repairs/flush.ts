/** One flush more, of what was restricted last. */
import { Cover, FLUSH_REASON, type MicroOp, Op, STEP_NUMBER } from '../../simulator/index.js';
import { type Change, lineOf, Trace } from './changed.js';

/** @param line after which it comes, wherever a flush can be waited for */
export function addFlush(line: string): Change {
  return function* (code, { kind, actor, stage }) {
    const outside = stage.tracking.options.inMonitor || actor.role === 'host-harvest';
    const trace = new Trace();
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const op = turn.value;
      const result = yield op;
      trace.after(op);
      const page = trace.restricted >= 0 ? trace.restricted : trace.named;
      if (trace.inKernel && !trace.flushing && page >= 0 && lineOf(kind, op) === line) {
        const cover = outside || trace.inMonitor ? Cover.all : Cover.range;
        yield flushOp(Op.flushQueue, page, cover);
        yield flushOp(Op.flushSend, page, cover);
        yield { ...flushOp(Op.flushWait, -1, 0), a: 0 };
      }
      turn = run.next(result);
    }
  };
}

function flushOp(code: MicroOp['code'], page: number, c: number): MicroOp {
  return { code, page, a: FLUSH_REASON.harvest, b: page, c, d: 0, step: STEP_NUMBER.flush };
}
