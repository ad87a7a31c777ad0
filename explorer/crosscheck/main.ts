/** `npm run crosscheck`: the tables of docs/explorer-crosscheck.md. */
import { sketchTable, spinTable } from './table.js';

const [one, two] = [await sketchTable(), await spinTable()];
process.stdout.write(
  `One round, figures of the sketch in brackets:\n\n${one}\nTwo rounds, as SPIN is given them:\n\n${two}`,
);
