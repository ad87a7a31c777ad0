/** Numbers as people read them. Each says its unit; nothing here is parsed again. */

/** 1234567 as `1,234,567`. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** A number and its noun: `1 page`, `2 pages`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** Bytes in binary units: `512 B`, `1.5 MiB`. */
export function bytes(value: number): string {
  return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
}

/** Simulated time: `950 ns`, `1.23 ms`. */
export function nanoseconds(value: number): string {
  return scaled(value, 1000, ['ns', 'us', 'ms', 's']);
}

/** Things per second: `940 writes/s`, `5.30 M writes/s`. */
export function rate(value: number, things: string): string {
  return `${scaled(value, 1000, ['', 'k', 'M', 'G']).trim()} ${things}/s`;
}

/** Seconds of real time: `0.42 s`, `12 s`, `3 min 05 s`. */
export function seconds(value: number): string {
  if (value < 10) return `${value.toFixed(2)} s`;
  if (value < 60) return `${Math.round(value)} s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** A ratio with as many digits as it deserves: `0.034`, `1.07`, `12.3`, `250`. */
export function ratio(value: number): string {
  if (value === 0) return '0';
  return value < 0.1
    ? value.toPrecision(2)
    : value < 10
      ? value.toFixed(2)
      : value < 100
        ? value.toFixed(1)
        : count(value);
}

/** A sentence broken into lines of at most `width` characters, each after `indent`; later lines two spaces deeper. */
export function wrapped(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${indent}  `;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let unit = 0;
  let scaledValue = value;
  while (scaledValue >= step && unit < units.length - 1) {
    scaledValue /= step;
    unit++;
  }
  const text =
    unit === 0 ? count(scaledValue) : scaledValue >= 100 ? scaledValue.toFixed(0) : scaledValue.toPrecision(3);
  return `${text} ${units[unit]}`;
}
