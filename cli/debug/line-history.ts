/**
 * The lines that were typed, kept for the next session in `$XDG_STATE_HOME/pagetrail/history` (~/.local/state where that is not set).
 * A history that cannot be kept is no reason to disturb anybody.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** Lines that are kept. */
export const HISTORY_LINES = 500;

/** The file, or null where there is no place for it. */
export function historyPath(env: Readonly<Record<string, string | undefined>>): string | null {
  const state = env['XDG_STATE_HOME'] ?? '';
  // By the XDG base directory specification a relative path counts as none.
  if (isAbsolute(state)) return join(state, 'pagetrail', 'history');
  const home = env['HOME'] ?? safely(homedir) ?? '';
  return isAbsolute(home) ? join(home, '.local', 'state', 'pagetrail', 'history') : null;
}

/** Newest first, as readline wants it. */
export function readHistory(path: string | null): string[] {
  if (path === null) return [];
  const text = safely(() => readFileSync(path, 'utf8')) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-HISTORY_LINES)
    .toReversed();
}

/** @param lines newest first */
export function writeHistory(path: string | null, lines: readonly string[]): void {
  if (path === null || lines.length === 0) return;
  safely(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${lines.slice(0, HISTORY_LINES).toReversed().join('\n')}\n`, { mode: 0o600 });
  });
}

function safely<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
