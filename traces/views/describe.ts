/** Views as text for people: the sections of docs/sql.md. A test compares the two. */
import type { ViewDefinition } from './define.js';

/** A section of Markdown: what the view shows, its parameters, its columns with their units, an example. */
export function describeView({ name, about, parameters, columns, example }: ViewDefinition): string {
  const call = parameters === undefined ? name : `${name}(${parameters.map((parameter) => parameter.name).join(', ')})`;
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const lines = [`### ${call}`, '', about, ''];
  if (parameters !== undefined) {
    lines.push(...parameters.map((parameter) => `- \`${parameter.name}\`: ${parameter.about}`), '');
  }
  lines.push('| column | unit | meaning |', '|---|---|---|');
  for (const column of columns) lines.push(`| \`${column.name}\` | ${column.unit} | ${cell(column.about)} |`);
  if (example !== undefined) lines.push('', '```sql', example, '```');
  return lines.join('\n');
}
