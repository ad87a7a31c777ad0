/** How `record` and `replay` run: where the trail goes, how far it is, and what came of it. */
import { existsSync } from 'node:fs';
import type { RecordHooks, RecordResult } from '../recorder/index.js';
import type { SimulationRequest } from '../simulator/index.js';
import { type Answer, type Context, interruptOf } from './command.js';
import { errorText } from './errors.js';
import { bytes, count, counted, rate, seconds } from './format.js';
import type { Output as Text } from './output.js';
import { trackersName, trackersText } from './trackers.js';

/** Where the trail goes. */
export interface Output {
  readonly path: string;
  /** What to tell of a path that was not asked for. */
  readonly notice: string | null;
}

/** The trail to write: as given, or named after the source, who tracks, and the mutations. */
export async function outputOf(given: string | undefined, source: string, request: SimulationRequest): Promise<Output> {
  const { configure } = await import('../simulator/index.js');
  // A strategy or option that cannot be is refused here, before a name is made of it.
  const { strategy, guest, host, monitor, mutations } = configure(request);
  if (given !== undefined) return { path: given, notice: null };
  const vm = guest === null || monitor === null ? null : { guest: guest.id, host: host?.id ?? null, monitor };
  const trackers = trackersName({ strategy: strategy.id, vm });
  // Blanks are a nuisance in names of files, and colons are not allowed in those of Windows.
  const name = [trackers, ...mutations].join('+').replaceAll(/[ :]/g, '-');
  const path = `${source}.${name}.trail`;
  return { path, notice: `the trail goes to ${path}${existsSync(path) ? ', in place of the one there' : ''}` };
}

/** Runs a recording with the progress bar and Ctrl-C; its result is the answer. */
export async function recording(
  context: Context,
  output: Output,
  { mutations = [] }: SimulationRequest,
  run: (hooks: RecordHooks) => Promise<RecordResult>,
): Promise<Answer> {
  const signal = interruptOf(context);
  const started = context.io.now();
  // Told when something has been recorded: an input that cannot be read leaves no trail to speak of.
  let untold = output.notice;
  const tell = (): void => {
    if (untold !== null) context.notice(untold);
    untold = null;
  };
  const recorded = await run({
    signal,
    onNotice: context.notice,
    onProgress({ writes, fraction }) {
      tell();
      context.progress.update(fraction, () => {
        const elapsed = (context.io.now() - started) / 1000;
        return `${count(writes)} writes  ${rate(writes / elapsed, 'writes')}`;
      });
    },
  });
  tell();
  context.progress.end();
  const { failure, ...answer } = recorded;
  const interrupted = signal.aborted && !recorded.complete;
  if (interrupted) context.notice(`interrupted; ${counted(recorded.events, 'event')} are safe in ${recorded.trail}`);
  if (failure !== null) context.stderr.line(errorText(failure, context.stderr.style, false));
  return {
    json: () => answer,
    print: (out) => print(out, recorded, mutations),
    exitCode: interrupted ? 130 : failure !== null ? 3 : 0,
  };
}

function print(out: Text, recorded: RecordResult, mutations: readonly string[]): void {
  const { style } = out;
  const { skipped } = recorded;
  const state = recorded.complete ? '' : style.yellow(` (not complete: ${recorded.incompleteReason})`);
  out.line(`${style.bold(recorded.trail)}${state}`);
  const defects = mutations.length === 0 ? '' : style.red(` with ${mutations.join(', ')}`);
  out.line(`  strategy  ${trackersText(recorded)}${defects} on ${recorded.arch}`);
  out.line(`  writes    ${count(recorded.writes)} in ${counted(recorded.epochs, 'epoch')}`);
  out.line(`  events    ${count(recorded.events)}`);
  out.line(`  size      ${bytes(recorded.bytes)}, ${recorded.bytesPerWrite.toFixed(3)} B/write`);
  out.line(`  time      ${seconds(recorded.seconds)}, ${rate(recorded.writesPerSecond, 'writes')}`);
  if (skipped.lines > 0) {
    out.line(style.yellow(`  skipped   ${counted(skipped.lines, 'line')}, the first is line ${skipped.firstLine}`));
  }
}
