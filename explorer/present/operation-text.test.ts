/** Every micro-operation has words, and those that decide most runs have these. */
import { describe, expect, it } from 'vitest';
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_UFFD_WP, PTE_WRITABLE } from '../../traces/index.js';
import {
  CARRIER,
  CLAIM,
  Cover,
  FAULT_HANDLER,
  LOCK,
  Lookup,
  type MicroOp,
  micro,
  Op,
  Walk,
} from '../../simulator/index.js';
import { prepare } from '../prepare.js';
import { strategySetting } from '../strategy-scenario.js';
import { knowing, namesOf } from './names.js';
import { operationText } from './operation-text.js';
import { settingOfScenario } from './testing.js';

const P = PTE_PRESENT;
const PW = P | PTE_WRITABLE;
const PWD = PW | PTE_DIRTY;

const one = namesOf(prepare(settingOfScenario('check-then-protect'), false));
const two = namesOf(
  prepare(
    strategySetting({ machine: { strategy: 'hw-dirty' }, cpus: 1, pages: 2, writes: 1, harvests: 1, evictions: 0 }),
    false,
  ),
);
const guest = namesOf(prepare(settingOfScenario('in-a-vm-broken'), false));
const key = namesOf(prepare(settingOfScenario('s390-storage-key'), false));

describe('operationText', () => {
  const rows: ReadonlyArray<readonly [string, MicroOp, number]> = [
    ['pte load: P W', micro(Op.pteLoad, '', 0), PW],
    ['pte load: none', micro(Op.pteLoad, '', 0), 0],
    ['pte load: P A S U', micro(Op.pteLoad, '', 0), P | PTE_ACCESSED | PTE_SOFT_DIRTY | PTE_UFFD_WP],
    ['pte store P W: was P W D', micro(Op.pteStore, '', 0, PW), PWD],
    ['pte get-and-clear: was P W D', micro(Op.pteExchange, '', 0, 0), PWD],
    ['pte xchg P: was P W', micro(Op.pteExchange, '', 0, P), PW],
    ['and-not W: was P W D', micro(Op.pteChange, '', 0, PTE_WRITABLE, 0), PWD],
    ['and-not D, or U: was P W D', micro(Op.pteChange, '', 0, PTE_DIRTY, PTE_UFFD_WP), PWD],
    ['or W D: was P', micro(Op.pteUpgrade, '', 0, PTE_WRITABLE | PTE_DIRTY, 0), P],
    ['pte clear: was P W', micro(Op.pteUnmap, '', 0), PW],
    ['pte install: P W', micro(Op.mapPage, '', 0, PW), 0],
    ['flush send', micro(Op.flushSend, 'flush', 0, 0, 0, Cover.range), 1],
    ['flush send mm', micro(Op.flushSend, 'flush', 0, 0, 0, Cover.space), 1],
    ['flush send all', micro(Op.flushSend, 'flush', 0, 0, 0, Cover.all), 1],
    ['lookup: miss', micro(Op.tlbLookup, 'store', 0), Lookup.miss],
    ['lookup: hit ro', micro(Op.tlbLookup, 'store', 0), Lookup.readOnly],
    ['lookup: hit W', micro(Op.tlbLookup, 'store', 0), Lookup.clean],
    ['lookup: hit W D', micro(Op.tlbLookup, 'store', 0), Lookup.dirty],
    ['walk: sets D', micro(Op.setDirty, '', 0), Walk.filled],
    ['walk: no D set, not writable', micro(Op.setDirty, '', 0), Walk.readOnly],
    ['store', micro(Op.commit, 'store', 0), 0],
    ['fault: write-protect', micro(Op.faultEnter, '', 0), FAULT_HANDLER['write-protect']],
    ['lock page table', micro(Op.lock, 'lock', 0, LOCK['page-table']), 0],
    ['unlock reservation', micro(Op.unlock, 'lock', -1, LOCK.reservation), 0],
    ['mark bitmap', micro(Op.markSet, '', 0, CARRIER.bitmap), 0],
    ['bitmap to snapshot', micro(Op.markMove, '', 0, CARRIER.bitmap, CARRIER.snapshot), 1],
    ['take ring: not set', micro(Op.markMove, '', 0, CARRIER.ring, -1), 0],
    ['transfer', micro(Op.transfer, '', 0), 0],
    ['declare protected', micro(Op.declare, '', 0, CLAIM.protected), 0],
    ['first in bitmap: none', micro(Op.nextRun, '', -1, CARRIER.bitmap), -1],
    ['return', micro(Op.resume, 'fault entry'), 0],
    ['VM entry', micro(Op.resume, 'exit to the monitor'), 0],
  ];

  it.each(rows)('%s', (text, op, result) => {
    expect(operationText(op, result, one)).toBe(text);
  });

  it('names the page where there are several, and not to those who know', () => {
    expect(operationText(micro(Op.pteLoad, '', 1), PW, two)).toBe('pte load page 1: P W');
    expect(operationText(micro(Op.pteChange, '', 1, PTE_WRITABLE, 0), PW, two)).toBe('and-not W, page 1: was P W');
    expect(operationText(micro(Op.pteLoad, '', 1), PW, knowing(two, 'store to page 1'))).toBe('pte load: P W');
    expect(operationText(micro(Op.pteLoad, '', 1), PW, knowing(two, 'store to page 0'))).toBe('pte load page 1: P W');
  });

  it('names pages of the second stage by their number, and their lock', () => {
    expect(operationText(micro(Op.pteMonitor, '', 1, PW), 0, guest)).toBe('monitor sets host 0x10000 P W: was none');
    expect(operationText(micro(Op.lock, 'lock', 1, LOCK['page-table']), 0, guest)).toBe(
      'lock page table of host 0x10000',
    );
  });

  it('says nothing of D where the change bit belongs to the frame', () => {
    expect(operationText(micro(Op.tlbLookup, 'store', 0), Lookup.dirty, key)).toBe('lookup: hit W');
  });

  it.each(Object.entries(Op))('has words for %s, whatever it gives', (_, code) => {
    const names = { ...one, pages: Array.from({ length: 7 }, (__, page) => `page ${page}`) };
    for (const result of [0, 1, 2, 3, 4, 5, 6])
      for (const a of [-2, -1, 0, 1, 2])
        expect(operationText(micro(code, '', 0, a, 0), result, names)).not.toMatch(/undefined|NaN|^$/);
  });
});
