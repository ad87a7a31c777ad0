/**
 * Which format the beginning of an input has, and what to say when it has none that can be imported. Each importer judges for
 * itself; here their answers are weighed, and inputs that people try but that cannot work are called by name.
 */
import { InputError } from '../../base/index.js';
import type { Importer } from './importer.js';

/** Bytes looked at, at most. */
export const HEAD_BYTES = 4_096;

/**
 * The importer for an input that begins with these bytes; null when none fits. Only an importer that says yes decides before
 * the head is complete.
 * @param complete whether `head` is all there is to look at: its last line is then taken to be whole
 */
export function detectFormat(head: Uint8Array, importers: readonly Importer[], complete = true): Importer | null {
  const lines = headLines(head, complete);
  let maybe: Importer | null = null;
  for (const importer of importers) {
    const likeness = importer.detect(lines);
    if (likeness === 'yes') return importer;
    if (likeness === 'maybe') maybe ??= importer;
  }
  return complete ? maybe : null;
}

function headLines(head: Uint8Array, complete: boolean): string[] {
  const lines = Buffer.from(head).toString('latin1').split('\n');
  if (!complete || head.length >= HEAD_BYTES) lines.pop();
  return lines.filter((line) => line.trim() !== '');
}

/** Inputs that are known and cannot be imported as they are: by their first bytes, or by the look of a line. */
const FOREIGN: ReadonlyArray<{ readonly looks: RegExp; readonly what: string; readonly mend: string }> = [
  { looks: /^SQLite format 3\0/, what: 'an SQLite database', mend: 'if it is a trail, use `pagetrail replay` on it' },
  {
    looks: /^\x28\xb5\x2f\xfd/,
    what: 'compressed with zstd',
    mend: 'decompress it into the pipe: `zstd -dc FILE | pagetrail record --import -`',
  },
  {
    looks: /^\xfd7zXZ\0/,
    what: 'compressed with xz',
    mend: 'decompress it into the pipe: `xz -dc FILE | pagetrail record --import -`',
  },
  {
    looks: /^BZh[1-9]/,
    what: 'compressed with bzip2',
    mend: 'decompress it into the pipe: `bzip2 -dc FILE | pagetrail record --import -`',
  },
  {
    looks: /^PERFILE2/,
    what: 'a perf.data file',
    mend: 'it holds no data address of every write; record with `valgrind --tool=lackey --trace-mem=yes`',
  },
  {
    looks: /^ *\S.* +\d+(?:\/\d+)? +\[\d{3}\] +\d+\.\d+: /m,
    what: 'the text of `perf script` or ftrace',
    mend: 'it tells of samples and faults, not of every write; record with `valgrind --tool=lackey --trace-mem=yes`',
  },
  {
    looks: /^# tracer: /m,
    what: 'the text of ftrace',
    mend: 'it tells of faults, not of every write; record with `valgrind --tool=lackey --trace-mem=yes`',
  },
];

/** The refusal of an input whose format was not found. */
export function unknownFormat(label: string, head: Uint8Array, importers: readonly Importer[]): InputError {
  const text = Buffer.from(head).toString('latin1');
  const foreign = FOREIGN.find(({ looks }) => looks.test(text));
  if (foreign !== undefined) {
    return new InputError({
      what: `${label} cannot be imported`,
      why: `it looks like ${foreign.what}`,
      mend: foreign.mend,
    });
  }
  const binary = head.some((byte) => byte < 0x09); // control characters that no text has
  return new InputError({
    what: `${label} is in no format that can be imported`,
    why: `${binary ? 'it is binary' : 'its first lines look like none of them'}; known are ${importers.map(({ id }) => id).join(', ')}`,
    mend: 'if it is one of these all the same, name it with `--format`',
  });
}
