/** The view `epochs`: what happened between one harvest and the next. */
import { exact, type Cell, type ViewDefinition } from '../../traces/index.js';
import { epochTallies } from '../collectors/epoch-tallies.js';
import { runPass } from '../pass.js';
import { oncePerTrail } from './once.js';

const tally = oncePerTrail((trail) => runPass(trail, [epochTallies]).facts(epochTallies));

export const epochs: ViewDefinition = {
  name: 'epochs',
  about: 'One row per epoch: the events after the end of harvest k-1, up to and with the end of harvest k.',
  columns: [
    { name: 'epoch', unit: 'ordinal', about: 'which epoch, from 1' },
    { name: 'seq', unit: 'position', about: 'its first write, harvest event or event with a cost' },
    { name: 'end_seq', unit: 'position', about: 'its last one' },
    { name: 'time_ns', unit: 'ns', about: 'simulated time of the first' },
    { name: 'end_ns', unit: 'ns', about: 'simulated time of the last' },
    { name: 'complete', unit: 'flag', about: 'a harvest ended it; 0 where the trail ends inside' },
    { name: 'writes', unit: 'count', about: 'writes in it' },
    { name: 'pages_written', unit: 'pages', about: 'distinct pages written in it: its working set' },
    { name: 'faults', unit: 'count', about: 'faults in it' },
    { name: 'flushes', unit: 'count', about: 'range requests to flush' },
    { name: 'ipis', unit: 'count', about: 'remote CPUs that had to acknowledge them' },
    { name: 'reported_pages', unit: 'pages', about: 'pages reported by its harvest' },
    { name: 'false_pages', unit: 'pages', about: 'pages reported with nothing new' },
    { name: 'transferred_bytes', unit: 'bytes', about: 'bytes transferred' },
    { name: 'cost_ns', unit: 'ns', about: 'overhead: the costs of its events, summed over CPUs' },
  ],
  example: 'SELECT epoch, pages_written, transferred_bytes, cost_ns FROM epochs',
  *rows({ trail }): Generator<Cell[]> {
    for (const epoch of tally(trail)) {
      yield [
        epoch.epoch,
        exact(epoch.firstSeq),
        exact(epoch.lastSeq),
        exact(epoch.firstNs),
        exact(epoch.lastNs),
        epoch.complete ? 1 : 0,
        exact(epoch.writes),
        exact(epoch.pagesWritten),
        exact(epoch.faults),
        exact(epoch.flushes),
        exact(epoch.ipis),
        exact(epoch.pagesReported),
        exact(epoch.falseReports),
        exact(epoch.bytesTransferred),
        exact(epoch.costNs),
      ];
    }
  },
};
