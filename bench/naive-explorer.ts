/**
 * The peer of the explorer: the same model and the same steps, with a visited set of strings and a queue of arrays, as one writes it first. Run as a process:
 * `node naive-explorer.js STRATEGY CPUS PAGES WRITES HARVESTS` prints the states it saw.
 */
import { prepareNarrow, programOf, strategyTarget } from '../explorer/index.js';

const [strategy = 'hw-dirty', ...size] = process.argv.slice(2);
const [cpus, pages, writes, harvests] = size.map(Number) as [number, number, number, number];
const { setting } = strategyTarget(programOf({ strategy }, { cpus, pages, writes, harvests }));
const { model } = prepareNarrow(setting, false);
const { now } = model.state;
const seen = new Set<string>([now.join()]);
const queue = [now.slice()];
for (let at = 0; at < queue.length; at++) {
  for (let choice = 0; choice < model.choices; choice++) {
    now.set(queue[at]!);
    if (!model.apply(choice)) continue;
    const key = now.join();
    if (seen.has(key)) continue;
    seen.add(key);
    queue.push(now.slice());
  }
}
process.stdout.write(`${seen.size}\n`);
