/** A session in a terminal: a prompt that says where it stands, completion, history, Ctrl-C for a search that takes long. */
import { createInterface, type Interface } from 'node:readline';
import type { InputStream, Io } from '../io.js';
import type { Output } from '../output.js';
import type { Interruption, Shell } from './command.js';
import type { Interpreter } from './interpreter.js';
import { historyPath, HISTORY_LINES, readHistory, writeHistory } from './line-history.js';

export interface Terminal {
  readonly io: Io;
  readonly input: InputStream;
  readonly out: Output;
  readonly interruption: Interruption;
  /** Runs full screen until the user leaves it: for the prompt, or for good. */
  fullScreen(): Promise<'leave' | 'quit'>;
}

/** Asks for lines until the session ends. */
export async function runTerminal(interpreter: Interpreter, terminal: Terminal): Promise<void> {
  const path = historyPath(terminal.io.env);
  let history = readHistory(path);
  for (;;) {
    const { next, typed } = await askLines(interpreter, terminal, history);
    history = typed;
    writeHistory(path, history);
    if (next === 'quit') return;
    if ((await terminal.fullScreen()) === 'quit') return;
  }
}

/** One stretch of asking, until the session ends or goes to full screen. */
async function askLines(
  interpreter: Interpreter,
  { input, io, out, interruption }: Terminal,
  history: string[],
): Promise<{ readonly next: 'quit' | 'full-screen'; readonly typed: string[] }> {
  let next: 'quit' | 'full-screen' | null = null;
  let typed = history;
  const shell: Shell = {
    quit: () => {
      next = 'quit';
    },
    fullScreen: () => {
      next = 'full-screen';
    },
  };
  const lines = createInterface({
    input,
    output: io.stdout as unknown as NodeJS.WritableStream,
    terminal: true,
    history: [...history],
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
    completer: (line: string) => spaced(interpreter.complete(line)),
    prompt: '',
  });
  lines.on('history', (list: string[]) => {
    typed = [...list];
  });
  // Lines that are typed while a command runs wait for their turn.
  const waiting: string[] = [];
  let ended = false;
  let wake = (): void => {};
  lines.on('line', (line) => {
    waiting.push(line);
    wake();
  });
  lines.on('close', () => {
    ended = true;
    wake();
  });
  /** The next line; null at the end of input (Ctrl-D). */
  const ask = async (): Promise<string | null> => {
    if (waiting.length === 0 && !ended) {
      prompt(lines, interpreter, out);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return waiting.shift() ?? null;
  };
  let busy = false;
  lines.on('SIGINT', () => {
    if (busy) {
      interruption.wanted = true;
      return;
    }
    // As in a shell: an unfinished line is dropped.
    out.line('^C');
    void out.flush().then(() => {
      lines.write(null, { ctrl: true, name: 'u' });
      prompt(lines, interpreter, out);
    });
  });
  try {
    while (next === null) {
      await out.flush();
      const line = await ask();
      if (line === null) {
        out.line();
        next = 'quit';
        break;
      }
      const text = line.trim() === '' ? interpreter.again : line;
      if (text === '') continue;
      busy = true;
      interruption.wanted = false;
      await interpreter.perform(text, out, interruption, shell);
      busy = false;
      await out.flush();
      if (out.closed) next = 'quit';
    }
  } finally {
    lines.close();
    await out.flush();
  }
  return { next: next ?? 'quit', typed };
}

/** The only candidate is followed by a space, unless more of the word is to come. */
function spaced([candidates, word]: [candidates: string[], word: string]): [candidates: string[], word: string] {
  const [only] = candidates;
  return candidates.length === 1 && !/[=:]$/.test(only!) ? [[`${only!} `], word] : [candidates, word];
}

function prompt(lines: Interface, { session }: Interpreter, { style }: Output): void {
  lines.setPrompt(`${style.bold(`(${session.seq})`)} `);
  lines.prompt();
}
