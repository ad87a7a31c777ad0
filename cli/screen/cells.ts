/**
 * A screen as cells: one character and one style each. Whoever draws puts text into it; `paint.ts` makes of two of them what must be sent.
 * Only characters of width one are let in, so that a column is a column on every terminal.
 */

/** A style packed in a number: foreground and background as palette colour + 1 (0: the terminal's own), and attributes. */
export type StyleCode = number;

export const PLAIN: StyleCode = 0;
export const BOLD: StyleCode = 1 << 18;
export const DIM: StyleCode = 1 << 19;
export const REVERSE: StyleCode = 1 << 20;

/** A foreground of the 256-colour palette. */
export function fg(colour: number): StyleCode {
  return colour + 1;
}

/** A background of the 256-colour palette. */
export function bg(colour: number): StyleCode {
  return (colour + 1) << 9;
}

export class Cells {
  readonly width: number;
  readonly height: number;
  /** Code points, row by row. */
  readonly chars: Uint16Array;
  readonly styles: Uint32Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.chars = new Uint16Array(width * height).fill(SPACE);
    this.styles = new Uint32Array(width * height);
  }

  /** Writes text into a row, cut off at `limit` columns and at the edge. Returns the column behind it. */
  put(x: number, y: number, text: string, style: StyleCode = PLAIN, limit = Infinity): number {
    if (y < 0 || y >= this.height) return x;
    const end = Math.min(this.width, x + limit);
    let at = x;
    for (const char of text) {
      if (at >= end) break;
      if (at >= 0) {
        this.chars[y * this.width + at] = narrow(char.codePointAt(0)!);
        this.styles[y * this.width + at] = style;
      }
      at++;
    }
    return at;
  }

  /** Gives a stretch of a row a style, whatever it says. */
  tint(x: number, y: number, columns: number, style: StyleCode): void {
    if (y < 0 || y >= this.height) return;
    const from = y * this.width + Math.max(0, x);
    this.styles.fill(style, from, y * this.width + Math.min(this.width, x + columns));
  }

  /** The characters of a row, for tests. */
  row(y: number): string {
    return String.fromCharCode(...this.chars.subarray(y * this.width, (y + 1) * this.width)).trimEnd();
  }

  /** All rows. */
  text(): string {
    return Array.from({ length: this.height }, (_, y) => this.row(y)).join('\n');
  }
}

const SPACE = 0x20;
const UNKNOWN = 0x3f; // '?'

/** Printable ASCII and the light box drawing characters stay; anything else may be wide, or a command to the terminal. */
function narrow(code: number): number {
  if (code >= SPACE && code < 0x7f) return code;
  return code >= 0x2500 && code <= 0x259f ? code : UNKNOWN;
}
