/** Mermaid text: what `check-then-protect` looks like, and that every line of every diagram is one of the few kinds that we use. */
import { expect, it } from 'vitest';
import { escaped, mermaidOf } from './mermaid.js';
import { counterexample, randomRuns, settingOfScenario } from './testing.js';

it('draws check-then-protect', async () => {
  expect(`\n${mermaidOf(await counterexample(settingOfScenario('check-then-protect')))}`).toMatchInlineSnapshot(`
    "
    sequenceDiagram
      participant actor0 as cpu0
      participant actor1 as reclaim
      participant memory as page table and memory
      participant consumer as consumer
      actor1->>memory: 1 lock page table
      actor1->>memory: 2 pte load: P W A
      actor0->>actor0: 3 lookup: hit W
      actor0->>memory: 4 walk: sets D
      actor0->>memory: 5 store
      actor0->>actor0: 7 lookup: hit W D
      actor0->>memory: 8 store
      actor1->>memory: 10 and-not W: was P W D A
      actor1-)actor0: 11 flush send
      actor0-->>actor1: 12 acks flush of reclaim
      actor1->>actor1: 13 flush done
      actor1->>memory: 14 pte clear: was P D A
      actor1-)actor0: 15 flush send
      actor0-->>actor1: 16 acks flush of reclaim
      actor1->>actor1: 17 flush done
      actor1->>memory: 18 discard frame
      note over actor1: step 18 breaks lost-write
      note over actor0,consumer: lost-write: The stores of steps 5 and 8 (cpu0) to page 0 are<br/>lost: step 18 (reclaim, discard frame) gives the frame up,<br/>and the consumer never had them.
    "
  `);
});

it.each([
  ['a; b', 'a#59; b'],
  ['#1', '#35;1'],
  ['<b> -> 100 %%', '#lt;b#gt; -#gt; 100 #37;#37;'],
  ['two\nlines', 'two lines'],
  ['a: b', 'a: b'],
])('%j may not end a statement or begin an entity', (text, safe) => {
  expect(escaped(text)).toBe(safe);
});

it('of any run has only participants that it declares, and no character that ends a statement (seed 3)', () => {
  const text = String.raw`(?:[^;#<>%]|#\d\d;|#[lg]t;)+`;
  const lines = [
    new RegExp(`^  participant (\\w+) as ${text}$`),
    new RegExp(`^  (\\w+)(?:->>|-->>|-\\))(\\w+): \\d+ ${text}$`),
    new RegExp(`^  note over (\\w+)(?:,(\\w+))?: ${text}(?:<br/>${text})*$`),
  ];
  for (const { name, execution } of randomRuns(3, 1)) {
    const [first, ...rest] = mermaidOf(execution, { noReturnStates: 0 }).trimEnd().split('\n');
    expect(first).toBe('sequenceDiagram');
    const declared = new Set<string>();
    for (const line of rest) {
      const found = lines.map((kind) => kind.exec(line)).find((match) => match !== null);
      expect(found, `${name}: ${line}`).toBeDefined();
      const [, ...ids] = found!;
      if (line.startsWith('  participant')) declared.add(ids[0]!);
      else for (const id of ids) if (id !== undefined) expect(declared, `${name}: ${line}`).toContain(id);
    }
  }
});
