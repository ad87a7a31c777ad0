/** Comma-separated values, as RFC 4180 has them: quotes where they are needed; null is empty. */

export function csvLine(values: ReadonlyArray<string | number | bigint | Uint8Array | null>): string {
  return values.map(cell).join(',');
}

function cell(value: string | number | bigint | Uint8Array | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
