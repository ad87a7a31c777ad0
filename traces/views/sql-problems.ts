/** What can be wrong with a statement, in words that help. */
import Database from 'better-sqlite3';
import { nearest, UsageError } from '../../base/index.js';
import type { ViewDefinition } from './define.js';

/** The error for a statement that is not a question, or null. */
export function refusal(sql: string, statement: Database.Statement): UsageError | null {
  const word = /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/|;)*([a-z]*)/i.exec(sql)?.[1]?.toUpperCase() ?? '';
  const asks = ['SELECT', 'WITH', 'VALUES', 'EXPLAIN'].includes(word);
  if (asks && statement.reader && statement.readonly) return null;
  return new UsageError({
    what: `${word || 'this'} is not a query`,
    why: 'a trail is read-only; only statements that return rows are run',
    mend: 'use SELECT, WITH or VALUES',
  });
}

/** The error to throw instead of one that better-sqlite3 threw for a statement; other errors stay what they are. */
export function sqlProblem(error: unknown, views: readonly ViewDefinition[]): unknown {
  const fromSqlite = error instanceof Database.SqliteError;
  // better-sqlite3 itself says what it thinks of the text by RangeErrors: none, several statements, missing values.
  if (!fromSqlite && !(error instanceof RangeError && / parameter|SQL string/.test(error.message))) return error;
  const { message } = error;
  return new UsageError({ what: `the query cannot be run: ${message}`, mend: hint(message, views) }, { cause: error });
}

function hint(message: string, views: readonly ViewDefinition[]): string {
  const [, what, full] = /^no such (table|column): (.+)$/.exec(message) ?? [];
  if (what !== undefined && full !== undefined) {
    const name = full.split('.').at(-1)!.toLowerCase();
    const known =
      what === 'table' ? views.map((view) => view.name) : views.flatMap(({ columns }) => columns.map((c) => c.name));
    const near = nearest(name, new Set(known));
    if (near !== null) return `did you mean '${near}'?`;
    if (what === 'table') return `the views are ${known.join(', ')}`;
  }
  if (message.includes('may not be modified')) return 'a trail is read-only';
  if (message.includes("constrained by the '=' operator"))
    return "give the parameter as an argument, or compare it by '='";
  if (message.includes('parameter values')) return 'write the values into the query';
  return 'views and columns are listed in docs/sql.md';
}
