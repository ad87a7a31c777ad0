/** Full screen. */
import type { Io } from '../../io.js';
import type { Interpreter } from '../interpreter.js';

export async function runFullScreen(_interpreter: Interpreter, _io: Io, _colour: boolean): Promise<boolean> {
  return false;
}
