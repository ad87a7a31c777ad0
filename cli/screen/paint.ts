/** What must be sent to a terminal that shows one screen so that it shows another: cursor moves, styles and characters where they differ. */
import { BOLD, type Cells, DIM, REVERSE, type StyleCode } from './cells.js';

/** Equal cells between two differing ones that are sent again rather than jumped over: a jump costs about as many bytes. */
const BRIDGE = 5;

export interface PaintOptions {
  /** Without it colours are left out; attributes stay. */
  readonly colour: boolean;
}

/** @param shown what the terminal shows; null after it was cleared */
export function paint(shown: Cells | null, wanted: Cells, { colour }: PaintOptions): string {
  const { width, height } = wanted;
  const same = (at: number): boolean =>
    shown === null
      ? wanted.chars[at] === 0x20 && wanted.styles[at] === 0
      : shown.chars[at] === wanted.chars[at] && shown.styles[at] === wanted.styles[at];
  if (shown !== null && (shown.width !== width || shown.height !== height)) throw new RangeError('sizes differ');
  let out = '';
  let style = -1;
  for (let y = 0; y < height; y++) {
    let x = 0;
    while (x < width) {
      if (same(y * width + x)) {
        x++;
        continue;
      }
      const end = runEnd(x, width, (column) => same(y * width + column));
      out += `\x1b[${y + 1};${x + 1}H`;
      for (; x < end; x++) {
        const at = y * width + x;
        if (wanted.styles[at] !== style) {
          style = wanted.styles[at]!;
          out += sgr(style, colour);
        }
        out += String.fromCharCode(wanted.chars[at]!);
      }
    }
  }
  return out === '' ? '' : `${out}\x1b[0m`;
}

/** Behind the last differing cell of a run that begins at `x`; short stretches of equal cells do not end it. */
function runEnd(x: number, width: number, same: (column: number) => boolean): number {
  let end = x + 1;
  for (let column = x + 1; column < width && column - end < BRIDGE; column++) if (!same(column)) end = column + 1;
  return end;
}

function sgr(style: StyleCode, colour: boolean): string {
  const codes = ['0'];
  if (style & BOLD) codes.push('1');
  if (style & DIM) codes.push('2');
  if (style & REVERSE) codes.push('7');
  const front = style & 0x1ff;
  const back = (style >>> 9) & 0x1ff;
  if (colour && front > 0) codes.push(`38;5;${front - 1}`);
  if (colour && back > 0) codes.push(`48;5;${back - 1}`);
  return `\x1b[${codes.join(';')}m`;
}
