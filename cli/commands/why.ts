/** `why`: from a finding, a page or an event back to its causes, as the shortest chain of events that explains it. */
import type { Chain, WhyTarget } from '../../analyzer/index.js';
import { UsageError } from '../../base/index.js';
import type { Proof } from '../../explorer/index.js';
import type { TrailReader } from '../../traces/index.js';
import { type Context, defineCommand, interruptOf } from '../command.js';
import { count } from '../format.js';
import { openTrail } from '../trail.js';
import { chainJson, printChain } from '../why-text.js';

interface Options {
  readonly at?: string;
  readonly prove?: boolean;
}

export const why = defineCommand<Options>({
  name: 'why',
  group: 'Judge',
  summary: 'from a finding, a page or an event back to its causes',
  about:
    'Tells why something was found, why a page is dirty, clean or stale, or why an event happened, as the shortest chain of events that explains ' +
    'it. A step that should have been there and is not stands where it belongs. Without a target: the gravest finding. Exit code 1 if a ' +
    'finding is explained. With --prove each link is necessary, not necessary or not tried, and the guilty step is named. JSON: {trail, about, sentence, links: [{seq, gap, timeNs, cpu, actor, step, kind, ' +
    'what, so, isCause, proof}], cause, fix, finding, proof: {method, guilty, others, notes} | null}.',
  examples: [
    { line: 'pagetrail why a.trail lost-write:2', about: 'the second lost page; f:3 is the third of all findings' },
    { line: 'pagetrail why a.trail p:0x1fff000 --at harvest:2', about: 'why is that page dirty, clean or stale then?' },
    {
      line: 'pagetrail why a.trail --prove',
      about: 'the gravest finding, each link of its chain checked by running it again',
    },
  ],
  configure(command) {
    command
      .usage('TRAIL [FINDING | p:PAGE | e:SEQ] [options]')
      .argument('<trail>', 'the trail to explain')
      .argument('[target...]', 'lost-write, lost-write:2, f:1 (findings); p:0x42 (a page); e:123 (an event)')
      .option('--at <position>', 'for a page: SEQ, end, harvest:K or time:NS (default: end)')
      .option('--prove', 'run it again without each link, or with the step that is missing: is the finding gone?');
  },
  async run(context, args, { at, prove }) {
    const analyzer = await import('../../analyzer/index.js');
    const { parsePosition } = await import('../../replayer/index.js');
    const [path, ...words] = args.flat() as string[];
    const target: WhyTarget = words.length === 0 ? analyzer.GRAVEST : analyzer.parseTarget(words.join(' '));
    if (at !== undefined && target.kind !== 'page')
      throw new UsageError({
        what: '--at does not fit',
        why: 'a finding and an event have a position of their own',
        mend: 'leave it out, or ask about a page: p:0x42',
      });
    const position = at === undefined ? {} : { at: parsePosition(at) };
    const reader = await openTrail(context, path!);
    const chain = analyzer.why(reader, target, {
      ...position,
      onProgress: (events) => context.progress.update(events / reader.events, () => `${count(events)} events`),
    });
    context.progress.end();
    if (chain === null) {
      return {
        json: () => ({ trail: reader.path, ...NOTHING }),
        print: (out) =>
          out.line(
            `${out.style.bold(reader.path)}: ${out.style.green('nothing was found')}, so there is nothing to explain`,
          ),
      };
    }
    const proof = prove === true ? await proofOf(context, reader, chain) : null;
    const told = proof?.chain ?? chain;
    return {
      json: () => ({ trail: reader.path, ...chainJson(told, proof) }),
      print: (out) => printChain(out, reader.path, told, proof),
      exitCode: isBad(chain) ? 1 : 0,
    };
  },
});

/** null, with a notice, where the trail cannot be run again. @throws UsageError for a chain that explains no finding */
async function proofOf(context: Context, reader: TrailReader, chain: Chain): Promise<Proof | null> {
  if (chain.finding === null)
    throw new UsageError({
      what: '--prove needs a finding',
      why: 'what is proved of a link is whether the finding is gone without it',
      mend: 'name one, such as lost-write or f:1, or leave --prove out',
    });
  const { prove } = await import('../../explorer/index.js');
  const { TrailEvents } = await import('../../analyzer/index.js');
  const proof = await prove(reader, chain, new TrailEvents(reader), {
    signal: interruptOf(context),
    onTried: (done, of) => context.progress.update(done / of, () => `link ${done + 1} of ${of}`),
  });
  context.progress.end();
  if (proof === null)
    context.notice(
      reader.meta.mode === 'observed'
        ? 'an observed trail cannot be run again, so nothing is proved'
        : 'the trail has too many accesses to be run again, so nothing is proved',
    );
  return proof;
}

const NOTHING = {
  about: null,
  sentence: 'nothing was found',
  links: [],
  cause: null,
  fix: null,
  finding: null,
  proof: null,
};

function isBad({ finding }: Chain): boolean {
  return finding !== null && finding.severity !== 'info';
}
