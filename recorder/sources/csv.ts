/**
 * The importer for plain accesses as comma-separated values: `time_ns,cpu,address,size[,r|w|d|k]`. It is what other tools' logs
 * are easily turned into, and the one that carries CPUs and time.
 */
import { CsvParser } from './csv-parser.js';
import type { Importer } from './importer.js';

const HEADER = /^\s*time\w*\s*,\s*cpu\s*,\s*addr\w*\s*,\s*size/i;
const ACCESS = /^\s*\d+\s*,\s*\d+\s*,\s*(?:0x[0-9a-f]+|\d+)\s*,\s*\d+\s*(?:,\s*[rw]\s*)?$/i;

export const csv: Importer = {
  id: 'csv',
  summary: 'lines of time_ns,cpu,address,size[,r|w|d|k]',
  programTime: 'given',
  detect(lines) {
    const data = lines.filter((line) => !line.trimStart().startsWith('#'));
    if (data.length > 0 && HEADER.test(data[0]!)) return 'yes';
    const accesses = data.filter((line) => ACCESS.test(line)).length;
    if (accesses === 0) return 'no';
    return accesses * 2 > data.length ? 'yes' : 'maybe';
  },
  parser: (options) => new CsvParser(options),
};
