/** Quantities as people read them. Each says its unit; nothing here is parsed again. */

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

/** A value in the largest unit that it has one of, to three digits. */
export function scaled(value: number, step: number, units: readonly string[]): string {
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
