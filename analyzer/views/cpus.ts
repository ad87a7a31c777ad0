/** The view `cpus`: what each CPU did and what it paid. */
import { exact, type Cell, type ViewDefinition } from '../../traces/index.js';
import { cpuTallies } from '../collectors/cpu-tallies.js';
import { runPass } from '../pass.js';
import { oncePerTrail } from './once.js';

const tally = oncePerTrail((trail) => runPass(trail, [cpuTallies]).facts(cpuTallies));

export const cpus: ViewDefinition = {
  name: 'cpus',
  about: 'One row per CPU that did something.',
  columns: [
    { name: 'cpu', unit: 'cpu', about: 'CPU, -1 for a device' },
    { name: 'writes', unit: 'count', about: 'its writes' },
    { name: 'reads', unit: 'count', about: 'its loads, where loads were recorded' },
    { name: 'faults', unit: 'count', about: 'its faults' },
    { name: 'tlb_fills', unit: 'count', about: 'TLB entries it filled' },
    { name: 'flushes_sent', unit: 'count', about: 'range requests to flush that it sent' },
    { name: 'ipis_sent', unit: 'count', about: 'remote CPUs that had to acknowledge them' },
    { name: 'flushes_acknowledged', unit: 'count', about: 'flushes it carried out on its own TLB' },
    { name: 'cost_ns', unit: 'ns', about: 'overhead: the costs of its events' },
    { name: 'end_ns', unit: 'ns', about: 'simulated time of its last event' },
  ],
  example: 'SELECT cpu, writes, faults, cost_ns FROM cpus',
  *rows({ trail }): Generator<Cell[]> {
    for (const {
      cpu,
      writes,
      reads,
      faults,
      tlbFills,
      flushesSent,
      ipisSent,
      flushesAcknowledged,
      costNs,
      lastNs,
    } of tally(trail)) {
      yield [
        cpu,
        ...[writes, reads, faults, tlbFills, flushesSent, ipisSent, flushesAcknowledged, costNs, lastNs].map(exact),
      ];
    }
  },
};
