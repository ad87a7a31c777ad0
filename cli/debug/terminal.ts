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
    completer: (line: string) => interpreter.complete(line),
    prompt: '',
  });
  lines.on('history', (list: string[]) => {
    typed = [...list];
  });
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
      const line = await ask(lines, interpreter, out);
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

/** The next line; null at the end of input (Ctrl-D). */
function ask(lines: Interface, interpreter: Interpreter, out: Output): Promise<string | null> {
  return new Promise((resolve) => {
    const onLine = (line: string): void => {
      lines.off('close', onClose);
      resolve(line);
    };
    const onClose = (): void => {
      lines.off('line', onLine);
      resolve(null);
    };
    lines.once('line', onLine);
    lines.once('close', onClose);
    prompt(lines, interpreter, out);
  });
}

function prompt(lines: Interface, { session }: Interpreter, { style }: Output): void {
  lines.setPrompt(`${style.bold(`(${session.seq})`)} `);
  lines.prompt();
}
