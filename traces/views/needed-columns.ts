/**
 * Which columns a statement may look at. SQLite does not tell a virtual table, so the text must: a column can be looked
 * at only where its name stands in it, or by a wildcard, NATURAL, or `x IN view`. To say yes too often costs time, never
 * a wrong answer; so a text with comments, in which anything may hide, is taken to look at all.
 */
export function neededColumns(sql: string): (column: string) => boolean {
  const text = sql.toLowerCase();
  const comments = /--|\/\*/;
  const wildcard = /(?:\bselect|\bdistinct|\ball|,|\.)\s*\*/;
  const wholeRow = /\bnatural\b|\bin\s*[^\s(]/;
  if (comments.test(text) || wildcard.test(text) || wholeRow.test(text)) return () => true;
  const words = new Set(text.match(/[a-z_][a-z_0-9]*/g));
  return (column) => words.has(column);
}
