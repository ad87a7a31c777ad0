/**
 * Sessions in a real pseudo-terminal: prompt, completion, history, full screen, and that the terminal is given back. It is opened by Python, whose
 * library has one; each step waits for what the program shows, never for a time.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagetrail } from '../testing.js';

const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = mkdtempSync(join(tmpdir(), 'pagetrail-terminal-'));
const trail = join(folder, 'run.trail');
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program in a terminal of 100 x 30. Steps: [wait for this, send that]; a number is a signal. Prints what came, and how it ended. */
const DRIVER = `
import fcntl, json, os, pty, select, struct, sys, termios, time
argv, env, steps = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 30, 100, 0, 0))
    os.execvpe(argv[0], argv, {**os.environ, **env})
seen, mark, deadline, missing = b'', 0, time.time() + 90, None
def more():
    global seen
    if not select.select([fd], [], [], max(0, deadline - time.time()))[0]:
        return False
    try:
        part = os.read(fd, 65536)
    except OSError:
        part = b''
    seen += part
    return part != b''
for wanted, answer in steps:
    while (at := seen.find(wanted.encode(), mark)) < 0:
        if not more():
            missing = wanted
            break
    if missing is not None:
        os.kill(pid, 9)
        break
    mark = at + len(wanted.encode())
    if isinstance(answer, int):
        os.kill(pid, answer)
    else:
        os.write(fd, answer.encode())
while more():
    pass
_, status = os.waitpid(pid, 0)
print(json.dumps({'output': seen.decode('utf8', 'replace'), 'missing': missing, 'code': os.waitstatus_to_exitcode(status)}))
`;

interface InTerminal {
  readonly output: string;
  readonly missing: string | null;
  readonly code: number;
}

type Step = readonly [wanted: string, answer: string | number];

function inTerminal(options: readonly string[], steps: readonly Step[], state = 'state'): InTerminal {
  const argv = [process.execPath, join(folder, 'built/cli/main.js'), 'debug', trail, ...options];
  const env = { XDG_STATE_HOME: join(folder, state), TERM: 'xterm-256color', NO_COLOR: '', FORCE_COLOR: '0' };
  const given = JSON.stringify([argv, env, steps]);
  return JSON.parse(execFileSync('python3', ['-c', DRIVER, given], { encoding: 'utf8' })) as InTerminal;
}

const ENTER = '\r';
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const UP = '\x1b[A';
const RIGHT = '\x1b[C';
const SHOWN = '\x1b[?1049h';
const GIVEN_BACK = '\x1b[?25h\x1b[?1049l';

describe.skipIf(!hasPython)('in a terminal', () => {
  beforeAll(async () => {
    const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    const built = ['--rootDir', root, '--outDir', join(folder, 'built')];
    const language = ['--ignoreConfig', '--noCheck', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    execFileSync(process.execPath, [compiler, 'cli/main.ts', ...language, ...built], { cwd: root });
    writeFileSync(join(folder, 'package.json'), '{"type":"module","version":"0.0.0"}');
    writeFileSync(join(folder, 'built/package.json'), '{"type":"module","version":"0.0.0"}');
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const argv = ['record', '--workload', 'zipf', '--writes', '2000', '--pages', '32', '--harvest-every', '500'];
    expect((await pagetrail([...argv, '-o', trail])).code).toBe(0);
  });

  it('asks with a prompt, completes, repeats, and ends at Ctrl-D', () => {
    const { missing, code, output } = inTerminal(
      [],
      [
        ['(0) ', `step 2${ENTER}`],
        ['(2) ', ENTER],
        ['(4) ', 'run-t\t'],
        ['run-to', `7${ENTER}`],
        ['(7) ', `oops${ENTER}`],
        ["'oops' is not a command", `rs${ENTER}`],
        ['(6) ', CTRL_D],
      ],
    );
    expect([missing, code]).toEqual([null, 0]);
    expect(output).toContain('`help` lists the commands');
  });

  it('remembers what was typed in the session before', () => {
    inTerminal(
      [],
      [
        ['(0) ', `step 3${ENTER}`],
        ['(3) ', CTRL_D],
      ],
      'remembered',
    );
    const again = inTerminal(
      [],
      [
        ['(0) ', UP],
        ['step 3', ENTER],
        ['(3) ', `quit${ENTER}`],
      ],
      'remembered',
    );
    expect([again.missing, again.code]).toEqual([null, 0]);
  });

  it('drops an unfinished line at Ctrl-C and goes on', () => {
    const { missing, code } = inTerminal(
      [],
      [
        ['(0) ', 'step 9'],
        ['step 9', CTRL_C],
        ['(0) ', `step${ENTER}`],
        ['(1) ', CTRL_D],
      ],
    );
    expect([missing, code]).toEqual([null, 0]);
  });

  it('takes lines that are typed ahead', () => {
    const { missing, code } = inTerminal([], [['(0) ', `step${ENTER}step 2${ENTER}quit${ENTER}`]]);
    expect([missing, code]).toEqual([null, 0]);
  });

  it('goes to full screen and back to the prompt', () => {
    const { missing, code } = inTerminal(
      [],
      [
        ['(0) ', `tui${ENTER}`],
        [SHOWN, RIGHT],
        ['frame none', 'q'],
        [GIVEN_BACK, ''],
        ['(1) ', CTRL_D],
      ],
    );
    expect([missing, code]).toEqual([null, 0]);
  });

  it.each<[string, string | number]>([
    ['q', 'q'],
    ['Ctrl-C', CTRL_C],
    ['a typed quit', `/quit${ENTER}`],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ])('gives the terminal back when full screen ends by %s', (_, end) => {
    const { missing, code, output } = inTerminal(
      ['--tui'],
      [
        [SHOWN, RIGHT],
        ['frame none', end],
      ],
    );
    expect([missing, code]).toEqual([null, 0]);
    expect(output.endsWith(GIVEN_BACK)).toBe(true);
  });

  it('performs a script first, then asks; with --batch it does not', () => {
    const asked = inTerminal(['--command', 'step 4'], [['(4) ', CTRL_D]]);
    expect([asked.missing, asked.code]).toEqual([null, 0]);
    const batch = inTerminal(['--command', 'step 4', '--batch'], []);
    expect(batch.code).toBe(0);
    expect(batch.output).toContain('> step 4');
    expect(batch.output).not.toContain('(4) ');
  });
});
