/** Full screen: keys of the terminal go to the model, frames of the view go to the terminal. */
import { UsageError } from '../../../base/index.js';
import type { Io } from '../../io.js';
import { type Key, Screen } from '../../screen/index.js';
import type { Interpreter } from '../interpreter.js';
import { type After, ScreenModel } from './model.js';
import { draw } from './view.js';

/** ms between two looks at the keyboard while a search runs. */
const LOOK_EVERY_MS = 50;

/** Runs until the user leaves; `leave` is back to where they came from, `quit` the end of the session. The terminal is always given back. */
export async function runFullScreen(interpreter: Interpreter, io: Io, colour: boolean): Promise<Exclude<After, 'on'>> {
  if (io.stdin === undefined) throw new UsageError({ what: 'full screen needs a terminal', mend: 'leave --tui out' });
  const model = new ScreenModel(interpreter);
  const keys: Key[] = [];
  let wake = (): void => {};
  let ended = false;
  let busy = false;
  let interrupted = false;
  let lookedMs = io.now();

  const screen = new Screen(io, io.stdin(), colour, {
    onKey(key) {
      // What is pressed while a search runs is not meant for where it ends, but Ctrl-C stops it.
      if (busy) interrupted ||= key.name === 'ctrl-c' || key.name === 'escape';
      else keys.push(key);
      wake();
    },
    onResize() {
      if (!busy) show();
    },
    onEnd() {
      ended = interrupted = true;
      wake();
    },
  });
  const show = (): void => {
    const cells = screen.blank();
    draw(model, cells);
    screen.show(cells);
  };
  const pause = async (seq: number): Promise<boolean> => {
    const nowMs = io.now();
    if (nowMs - lookedMs >= LOOK_EVERY_MS) {
      lookedMs = nowMs;
      model.notice = `looking at event ${seq}; Ctrl-C stops`;
      show();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return interrupted;
  };

  try {
    show();
    for (;;) {
      while (keys.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (ended) return 'quit';
      busy = true;
      interrupted = false;
      lookedMs = io.now();
      const after = await model.key(keys.shift()!, pause, screen.blank().width - 6);
      busy = false;
      if (after !== 'on') return after;
      // Keys that are held down outrun drawing; what they lead to is drawn when they are done.
      if (keys.length === 0) show();
    }
  } finally {
    screen.leave();
  }
}
