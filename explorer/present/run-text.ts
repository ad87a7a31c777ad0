/** A run as a page of text: what its names and letters mean, the table, and what went wrong. */
import type { Execution } from '../execution.js';
import { diagnose, type DiagnosisOptions } from './diagnosis.js';
import { Moments } from './moments.js';
import { lettersMean, namesOf, pageNumberText } from './names.js';
import { renderTable, type RenderOptions, wrapText } from './render-table.js';
import { readsText } from './state-columns.js';
import { type TableOptions, tableOf } from './table.js';

export type RunTextOptions = RenderOptions & TableOptions & DiagnosisOptions;

const DEFAULT_WIDTH = 160;

export function runText(execution: Execution, options: RunTextOptions = {}): string {
  const { width = DEFAULT_WIDTH } = options;
  const table = tableOf(execution, options);
  const saysLacks = table.columns.some(({ title }) => title[0] === 'lacks');
  const found = diagnose(execution, options);
  const indented = (text: string) => wrapText(text, width - 2).join('\n  ');
  const verdict = found === null ? [] : [`${found.rule}: ${found.sentence}`, ...found.notes.map((note) => `- ${note}`)];
  return [
    ...legend(execution, saysLacks).map(indented),
    ...(table.constant.length > 0 ? [indented(`never changes: ${table.constant.join('; ')}`)] : []),
    '',
    renderTable(table, options),
    '',
    ...verdict.map(indented),
  ].join('\n');
}

/** What a reader must know to read the table. */
function legend(execution: Execution, saysLacks: boolean): string[] {
  const moments = new Moments(execution);
  const names = namesOf(execution.prepared);
  const { shape } = moments.model.state;
  let flags = 0;
  for (let step = 0; step <= moments.last; step++) {
    const state = moments.after(step);
    for (let page = 0; page < shape.pages; page++) flags |= state.get(state.flags + page);
  }
  const numbers = names.pages.flatMap((name, page) =>
    name.startsWith('host') ? [] : [`${name} is ${pageNumberText(shape, page)}`],
  );
  const consumer = names.consumer(0);
  const reads = readsText(moments.after(0));
  const told = `newer where ${reads || 'nothing'} tells it so, unmarked where nothing does`;
  return [
    `PTE: ${lettersMean(flags)}; TLB: W, D or ro (neither), stale where memory gives less; *: changed; !: breaks a rule`,
    ...(saysLacks ? [`lacks: whether ${consumer} lacks what is in memory: ${told}`] : []),
    `in a trail ${numbers.join(', ')}`,
  ];
}
