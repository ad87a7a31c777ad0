/**
 * The importer for plain accesses as comma-separated values: `time_ns,cpu,address,size[,kind[,process]]`. It is what other tools' logs
 * are easily turned into, and the one that carries CPUs, processes, time, and operations on the tracked object.
 */
import { CsvParser } from './csv-parser.js';
import type { Importer } from './importer.js';

const HEADER = /^\s*time\w*\s*,\s*cpu\s*,\s*addr\w*\s*,\s*size/i;
const ACCESS = /^\s*\d+\s*,\s*\d+\s*,\s*(?:0x[0-9a-f]+|\d+)\s*,\s*\d+\s*(?:,\s*[wrdkumfsh]\s*(?:,\s*\d+\s*)?)?$/i;

export const csv: Importer = {
  id: 'csv',
  summary: 'lines of time_ns,cpu,address,size[,kind[,process]]',
  details: [
    'kind: w write (if left out), r read, d write by a device, k write by the kernel',
    'kind, of the pages named or (size 0) of all: u unmap, m move, f fork of that process, s split of huge entries; h harvest now',
    'process: number of the process that maps the object, 0 if left out',
  ],
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
