/** Full screen as frames of text: keys in, what stands where out. No terminal takes part. */
import { describe, expect, it } from 'vitest';
import { drawn } from '../../../replayer/testing/drawn.js';
import { Cells, type Key } from '../../screen/index.js';
import { Interpreter } from '../interpreter.js';
import { Session } from '../session.js';
import { type After, ScreenModel } from './model.js';
import { STANDINGS } from './pages.js';
import { draw } from './view.js';

const TRAIL = `
  map 16 @100
  pte 16 PW map
  pte 16 PWDA walker
  tlb-fill 16 WD slot=0
  write 16                  # 5
  map 17
  pte 17 P map
  map 40
  pte 40 PWDA map
  cpu1 tlb-fill 40 WD slot=3 # 10
  harvest-begin 1
  pte 16 PWA clean
  transfer 16
  harvest-end 1
  write 16                  # 15
  mark 17 bitmap set
  write 40 cpu1
`;

/** A model, and a way to press keys: names, or the letters of a text in quotes. */
function opened(text = TRAIL): {
  model: ScreenModel;
  press(...names: string[]): Promise<After>;
  frame(width?: number, height?: number): Cells;
} {
  const model = new ScreenModel(new Interpreter(new Session(drawn(text))));
  return {
    model,
    async press(...names) {
      let after: After = 'on';
      for (const name of names) {
        const keys: Key[] = name.startsWith('"')
          ? name
              .slice(1, -1)
              .split('')
              .map((char) => ({ name: char === ' ' ? 'space' : char, text: char }))
          : [{ name, text: name.length === 1 ? name : '' }];
        for (const key of keys) after = await model.key(key, () => false, 74);
      }
      return after;
    },
    frame(width = 100, height = 30) {
      const cells = new Cells(width, height);
      draw(model, cells);
      return cells;
    },
  };
}

describe('frames', () => {
  it.each([
    ['before the first event', []],
    ['in the middle', ['right', 'down']],
    ['at the end, by writes', ['end', 'g']],
    ['with help', ['?']],
    ['while a command is typed', ['/', '"break fl"', 'tab']],
  ])('%s', async (_, keys) => {
    const { press, frame } = opened();
    await press(...keys);
    expect(`\n${frame().text()}\n`).toMatchSnapshot();
  });

  it.each([
    [50, 14],
    [80, 24],
    [200, 60],
    [1, 1],
    [49, 13],
  ])('of any size: %i x %i', async (width, height) => {
    const { press, frame } = opened();
    for (const key of ['end', '?', 'escape', '/', '"findings"', 'return', 'q', 'g']) {
      await press(key);
      const cells = frame(width, height);
      expect(cells.text().split('\n')).toHaveLength(height);
      if (width > 40) expect(cells.text().includes('the terminal is')).toBe(width < 50 || height < 14);
    }
  });

  it('of an empty trail', async () => {
    const { press, frame } = opened('');
    await press('right', 'left', 'n', 'l', 'j', 'pagedown', 'end', 'g', 'c', 'C');
    expect(frame().text()).toContain('none yet');
  });

  it('show how each page stands, each glyph for one thing', async () => {
    expect(new Set(STANDINGS.map(({ glyph }) => glyph)).size).toBe(STANDINGS.length);
    const { press, frame } = opened();
    await press('end');
    // 16 was written through a stale TLB entry: nothing tells. 17 is marked and not written. 40 has D.
    expect(frame().text()).toMatch(/^ +0:0x0 +!d +│/m);
    expect(frame().text()).toMatch(/^ +0:0x20 +# +│/m);
    expect(frame().text()).toContain('TLB of CPU 0  1, 1 ahead of memory');
  });
});

describe('keys', () => {
  it.each<[string, string[], number]>([
    ['an event on and back', ['right', 'right', 'right', 'left'], 2],
    ['ten on and back', ['down', 'right', 'up'], 1],
    ['to the ends', ['end', 'home', 'end'], 17],
    ['to the next harvest', ['pagedown'], 14],
    ['beyond the last one', ['pagedown', 'pagedown'], 17],
    ['to the harvest before', ['end', 'pageup'], 14],
    ['events of the selected page', ['right', 'n', 'n'], 3],
    ['and back', ['end', 'h', 'h', 'N'], 15],
    ['a command', ['/', '"run-to 9"', 'return'], 9],
    ['a command that was mistyped', ['/', '"run-to 99x"', 'backspace', 'backspace', 'backspace', '"7"', 'return'], 7],
    ['a command that is given up', ['/', '"run-to 9"', 'escape', 'right'], 1],
    ['continue to a breakpoint', ['/', '"break write"', 'return', 'c', 'c', 'C'], 5],
    ['letters are no arrows', ['x', 'z', 'space', ''], 0],
  ])('%s', async (_, keys, seq) => {
    const { model, press } = opened();
    await press(...keys);
    expect(model.session.seq).toBe(seq);
  });

  it('select pages, in both ways, and stay on the map', async () => {
    const { model, press, frame } = opened();
    await press('end');
    frame();
    expect(model.selected).toEqual({ space: 0, page: 40 });
    await press('h');
    expect(model.selected?.page).toBe(17);
    await press('tab', 'left', 'left', 'left');
    expect([model.selected?.page, model.session.seq]).toEqual([16, 17]);
    await press('l', 'right', 'right', 'right');
    expect(model.selected?.page).toBe(40);
    await press('up', 'up', 'down', 'down', 'j', 'k', 'tab', 'left', 's');
    expect([model.selected?.page, model.session.seq]).toEqual([17, 16]);
  });

  it('end: q leaves, Ctrl-C and a typed quit end the session', async () => {
    expect(await opened().press('q')).toBe('leave');
    expect(await opened().press('ctrl-c')).toBe('quit');
    expect(await opened().press('/', 'ctrl-c')).toBe('quit');
    expect(await opened().press('/', '"quit"', 'return')).toBe('quit');
    expect(await opened().press('/', '"help"', 'return', 'q')).toBe('on');
  });

  it('what a command says is shown until a key, and is turned over', async () => {
    const { model, press, frame } = opened();
    await press('/', '"help"', 'return');
    expect(frame(80, 20).text()).toContain('Moving');
    await press('space');
    expect(frame(80, 20).text()).not.toContain('Moving');
    await press('right');
    expect([model.said, model.session.seq]).toEqual([[], 1]);
    await press('/', '"nonsense"', 'return');
    expect(frame().text()).toContain("error: 'nonsense' is not a command");
  });

  it('tell what stopped a search, and when there is nothing more', async () => {
    const { press, frame } = opened();
    await press('/', '"watch pte 16 dirty"', 'return', 'c');
    expect(frame().text()).toContain('1, watch pte 16 dirty: not dirty -> dirty');
    await press('c', 'c');
    expect(frame().text()).toContain('the trail ends here');
    await press('home', 'left');
    expect(frame().text()).toContain('the trail begins here');
  });
});
