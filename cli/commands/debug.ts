/** `debug`: a session that moves through a trail in both directions. */
import { readFileSync } from 'node:fs';
import { InputError, UsageError } from '../../base/index.js';
import { repeated } from '../arguments.js';
import { type Context, defineCommand, type ExitCode } from '../command.js';
import type { Interruption } from '../debug/command.js';
import { count } from '../format.js';
import type { Output } from '../output.js';
import { Progress } from '../progress.js';
import { openTrail } from '../trail.js';

interface Options {
  readonly x?: string;
  readonly command?: readonly string[];
  readonly batch?: boolean;
  readonly tui?: boolean;
}

/** ms between two looks at the keyboard while a search runs. */
const LOOK_EVERY_MS = 50;

export const debug = defineCommand<Options>({
  name: 'debug',
  group: 'Look',
  summary: 'step, break and watch through a trail, forwards and backwards',
  about:
    'Opens a trail as a debugger opens a program, except that it runs both ways: step and rstep by events, continue and rcontinue to breakpoints on ' +
    'events and watchpoints on entries, TLB entries, marks and staleness, and look at the machine anywhere. `help` inside lists the commands. ' +
    'Commands may come from a pipe, a file or options; the output is a transcript then, and the exit code is 2 when a command was not understood.',
  examples: [
    { line: 'pagetrail debug a.trail', about: 'at a prompt; Tab completes, `help` helps, Ctrl-D ends' },
    { line: 'pagetrail debug a.trail --tui', about: 'full screen: pages, TLBs, events; the arrow keys move in time' },
    {
      line: `pagetrail debug a.trail --command 'break fault page=0x10' --command continue`,
      about: 'from a script',
    },
  ],
  configure(command) {
    command
      .argument('<trail>', 'the trail to look at')
      .option('-x <file>', 'perform the commands of a file, one a line')
      .option('--command <command>', 'perform a command, after those of -x (repeatable)', repeated)
      .option('--batch', 'do not ask for commands after -x and --command')
      .option('--tui', 'full screen');
  },
  async run(context, args, options) {
    const { stdin, stdout } = context.io;
    const given = scriptGiven(options);
    const atTerminal = stdin !== undefined && stdin().isTTY === true && stdout.isTTY === true && !context.json;
    if (options.tui === true && !atTerminal) {
      throw new UsageError({
        what: '--tui needs a terminal',
        why: context.json
          ? '--json prints one object, and nothing else'
          : stdout.isTTY === true
            ? 'standard input is none'
            : 'standard output is none',
        mend: 'leave --tui out; commands from a pipe, -x or --command give a transcript',
      });
    }
    const reader = await openTrail(context, args[0]!);
    const [{ Session }, { Interpreter }] = await Promise.all([
      import('../debug/session.js'),
      import('../debug/interpreter.js'),
    ]);
    const session = new Session(reader, args[0]!);
    const interpreter = new Interpreter(session);
    let exitCode: ExitCode = 0;
    let performed: readonly unknown[] = [];

    /** Performs what was given, then asks for more where there is a terminal, or reads the pipe where nothing was given. */
    const perform = async (out: Output): Promise<void> => {
      const { runScript, scriptLines, pipedLines } = await import('../debug/script.js');
      const interruption = interruptionOf(context, session.lastSeq);
      const asks = atTerminal && options.batch !== true;
      if (given !== null || !atTerminal) {
        const giveUp = context.io.onInterrupt(() => {
          interruption.wanted = true;
        });
        const lines = given === null ? pipedLines(stdin!()) : scriptLines(given.texts, given.placeOf);
        const told = await runScript(lines, interpreter, out, {
          interruption,
          notice: (text) => context.notice(text),
          keep: context.json,
        });
        giveUp();
        ({ exitCode, performed } = told);
        if (!asks || told.quit || interruption.wanted) return;
      }
      const { runTerminal } = await import('../debug/terminal.js');
      const terminal = {
        io: context.io,
        input: stdin!(),
        out,
        interruption,
        fullScreen: async () => {
          const { runFullScreen } = await import('../debug/screen/index.js');
          return await runFullScreen(interpreter, context.io, out.style.enabled);
        },
      };
      if (options.tui === true) {
        await terminal.fullScreen();
        return;
      }
      out.line(`${out.style.bold(args[0]!)}: ${count(session.lastSeq)} events; \`help\` lists the commands`);
      await runTerminal(interpreter, terminal);
    };

    return {
      get exitCode() {
        return exitCode;
      },
      print: perform,
      async writeJson(out) {
        await perform(out);
        const { seq, lastSeq, fold } = session;
        out.line(JSON.stringify({ trail: args[0], seq, timeNs: fold.timeNs, lastSeq, commands: performed }));
      },
    };
  },
});

/** The commands of -x and --command; null where neither was given. */
function scriptGiven({
  x,
  command,
}: Options): { readonly texts: readonly string[]; readonly placeOf: (index: number) => string } | null {
  if (x === undefined && command === undefined) return null;
  let lines: string[] = [];
  if (x !== undefined) {
    try {
      lines = readFileSync(x, 'utf8').split(/\r?\n/);
    } catch (error) {
      throw new InputError({
        what: `cannot read the commands in ${x}`,
        why: (error as Error).message,
        mend: 'check the name',
      });
    }
  }
  const texts = [...lines, ...(command ?? [])];
  return {
    texts,
    placeOf: (index) => (index < lines.length ? `line ${index + 1} of ${x}` : `--command ${index - lines.length + 1}`),
  };
}

/** Lets keys and signals in now and then, and shows how far a search is. */
function interruptionOf({ io }: Context, lastSeq: number): Interruption {
  let lookedMs = io.now();
  let progress = new Progress(io);
  return {
    wanted: false,
    begin() {
      lookedMs = io.now();
      progress = new Progress(io);
    },
    end: () => progress.end(),
    async pause(seq) {
      const nowMs = io.now();
      if (nowMs - lookedMs >= LOOK_EVERY_MS) {
        lookedMs = nowMs;
        progress.update(lastSeq === 0 ? null : seq / lastSeq, () => `looking at event ${count(seq)}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return this.wanted;
    },
  };
}
