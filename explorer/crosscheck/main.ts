/** `npm run crosscheck`: the tables of docs/explorer-crosscheck.md. */
import { sketchTable, spinTable } from './table.js';

process.stdout.write(`One round, figures of the sketch in brackets:\n\n${await sketchTable()}\n`);
process.stdout.write(`Two rounds, as SPIN is given them:\n\n${await spinTable()}`);
