/** Amounts with a unit, as people write them: `500us`, `1.5 ms`, `64KiB`, or plain. */

/** ns by unit. */
export const TIME_UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/** Bytes by unit. */
export const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** A number in one of the units, or without one; null for anything else. The unit is told apart from the figure by its letters. */
export function amount(text: string, units: Readonly<Record<string, number>>): number | null {
  const [, figure, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? [];
  if (figure === undefined) return null;
  if (unit === '') return Number(figure);
  const factor = Object.entries(units).find(([name]) => name.toLowerCase() === unit!.toLowerCase())?.[1];
  return factor === undefined ? null : Number(figure) * factor;
}
