/** How a monitor translates the memory of a guest. */
export const MONITORS = [
  {
    id: 'nested',
    summary: 'a second stage (EPT, NPT): the hardware sets D in the tables of both, without an exit',
  },
  {
    id: 'shadow',
    summary:
      "a shadow table that the hardware walks: the first write after a clean exits, and the monitor sets the guest's D",
  },
  {
    id: 'broken',
    summary: 'a shadow table whose monitor does not emulate D: a guest that reads D bits loses what it tracks by them',
  },
] as const;

export type MonitorId = (typeof MONITORS)[number]['id'];
