/**
 * The importer for `valgrind --tool=lackey --trace-mem=yes`. Lackey names no thread and no CPU, so everything runs on CPU 0;
 * it gives no time either, so each instruction and each access is taken to last 1 ns.
 */
import type { Importer } from './importer.js';
import { LackeyParser } from './lackey-parser.js';

const ACCESS = /^(?:I {2}| [SLM] )[0-9a-f]{1,16},\d{1,5}\r?$/;
const BANNER = /^==\d+== Lackey/;

export const lackey: Importer = {
  id: 'lackey',
  summary: 'memory trace of valgrind --tool=lackey --trace-mem=yes',
  programTime: 'assumed',
  detect(lines) {
    if (lines.some((line) => BANNER.test(line))) return 'yes';
    const accesses = lines.filter((line) => ACCESS.test(line)).length;
    if (accesses === 0) return 'no';
    return accesses * 2 > lines.length ? 'yes' : 'maybe';
  },
  parser: (options) => new LackeyParser(options),
};
