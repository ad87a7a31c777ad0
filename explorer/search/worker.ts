/** A share of a search on a thread of its own: made from plain data, asked by messages. Started by `threads.ts`, and by nobody else. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../base/index.js';
import type { Packing } from '../machine/packed-state.js';
import { prepare } from '../prepare.js';
import { targetOf, type TargetSpec } from '../target.js';
import { type Request, Share } from './share.js';

export interface WorkerSetup {
  readonly spec: TargetSpec;
  readonly reduce: boolean;
  readonly packing: Packing;
  /** Which of the shares it has, from 0. */
  readonly index: number;
}

const port = parentPort;
invariant(port !== null, 'a share on a thread of its own is asked by messages');
const { spec, reduce, packing, index } = workerData as WorkerSetup;
const share = new Share(prepare(targetOf(spec).setting, reduce, packing).model, index);
port.on('message', (request: Request) => port.postMessage(share.answer(request)));
