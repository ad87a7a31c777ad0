/** What is sent to a terminal, against a small terminal that understands it. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { bg, BOLD, Cells, DIM, fg, paint, PLAIN, REVERSE } from './index.js';

/** Understands what `paint` sends: cursor moves, styles, characters. */
class Terminal {
  readonly cells: Cells;
  #x = 0;
  #y = 0;
  #style = '';
  readonly styles: string[];

  constructor(width: number, height: number) {
    this.cells = new Cells(width, height);
    this.styles = Array.from({ length: width * height }, () => '');
  }

  write(text: string): void {
    for (const [whole, parameters, command] of text.matchAll(/\x1b\[([\d;]*)([Hm])|[^\x1b]/g)) {
      if (command === 'H')
        [this.#y, this.#x] = parameters!.split(';').map((part) => Number(part) - 1) as [number, number];
      else if (command === 'm') this.#style = parameters === '0' ? '' : parameters!;
      else {
        this.styles[this.#y * this.cells.width + this.#x] = this.#style;
        this.cells.put(this.#x++, this.#y, whole);
      }
    }
  }
}

const STYLES = [PLAIN, BOLD, DIM, REVERSE, fg(0), fg(255), bg(0), bg(255), fg(3) | bg(4) | BOLD];

describe('paint', () => {
  it.each([1, 2, 3, 4])('seed %i: from any screen to any other, whatever differs', (seed) => {
    const random = new Random(seed);
    const terminal = new Terminal(30, 6);
    let shown: Cells | null = null;
    for (let frame = 0; frame < 40; frame++) {
      const wanted = new Cells(30, 6);
      if (shown !== null && frame % 2 === 1) {
        wanted.chars.set(shown.chars);
        wanted.styles.set(shown.styles);
      }
      for (let i = 0; i < random.below(12); i++) {
        const text = 'abc xyz|'.slice(0, random.below(9));
        wanted.put(random.below(34) - 2, random.below(8) - 1, text, STYLES[random.below(STYLES.length)]!);
      }
      const sent = paint(shown, wanted, { colour: true });
      terminal.write(sent);
      expect(terminal.cells.text()).toBe(wanted.text());
      expect(paint(wanted, wanted, { colour: true })).toBe('');
      // Equal styles look equal, different ones different.
      const looks = new Map<number, string>();
      wanted.styles.forEach((style, at) => {
        const look = terminal.styles[at]!;
        if (shown !== null || look !== '') expect(looks.get(style) ?? look).toBe(look);
        if (look !== '') looks.set(style, look);
      });
      shown = wanted;
    }
  });

  it('sends what differs and little more', () => {
    const before = new Cells(80, 24);
    const after = new Cells(80, 24);
    for (let y = 0; y < 24; y++) {
      before.put(0, y, 'x'.repeat(80));
      after.put(0, y, 'x'.repeat(80));
    }
    after.put(40, 12, 'y', fg(1));
    expect(paint(before, after, { colour: true })).toBe('\x1b[13;41H\x1b[0;38;5;1my\x1b[0m');
    expect(paint(before, after, { colour: false })).toBe('\x1b[13;41H\x1b[0my\x1b[0m');
  });
});

describe('cells', () => {
  it('cut text off at their edges, and let nothing wide or commanding in', () => {
    const cells = new Cells(8, 2);
    expect(cells.put(5, 0, 'abcdef')).toBe(8);
    expect(cells.put(0, 1, 'a\x1b[漢\u{1f600}─', PLAIN, 6)).toBe(6);
    cells.put(0, 9, 'nowhere');
    expect(cells.text()).toBe('     abc\na?[??─');
  });
});
