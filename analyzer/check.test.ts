import { describe, expect, it } from 'vitest';
import { TrailFormatError } from '../base/index.js';
import { drawn } from '../replayer/testing/drawn.js';
import { EVENT_KINDS } from '../traces/index.js';
import { check } from './check.js';
import { type Detector, DETECTORS } from './detectors/index.js';
import { type Finding, SEVERITIES, verdictOf } from './finding.js';

const FALSE_DIRTY = 'map 16\n report 16\n transfer 16';
const LOST = 'map 16\n pte 16 PW map\n write 16';

const finding = (severity: Finding['severity']): Finding => ({
  id: 'x',
  severity,
  certainty: 'proved',
  page: null,
  cpu: null,
  seq: null,
  summary: '',
  evidence: [],
  rootCause: '',
  fix: '',
});

describe('the verdict', () => {
  it.each([
    ['critical', 'findings', 'findings'],
    ['high', 'findings', 'findings'],
    ['medium', 'ok', 'findings'],
    ['low', 'ok', 'findings'],
    ['info', 'ok', 'ok'],
  ] as const)('of a %s finding is %s, and strictly %s', (severity, verdict, strict) => {
    expect(verdictOf([finding('info'), finding(severity)])).toBe(verdict);
    expect(verdictOf([finding('info'), finding(severity)], true)).toBe(strict);
  });

  it('of nothing is ok', () => {
    expect(verdictOf([], true)).toBe('ok');
  });
});

describe('check', () => {
  it('counts for every detector, zero included', () => {
    const { verdict, counts, findings, notes } = check(drawn('map 16'));
    expect({ verdict, findings, notes }).toEqual({ verdict: 'ok', findings: [], notes: [] });
    expect(counts).toEqual(Object.fromEntries(DETECTORS.map(({ id }) => [id, 0])));
  });

  it('puts the gravest first', () => {
    const { verdict, findings } = check(drawn(`${LOST}\n ${FALSE_DIRTY.replaceAll('16', '17')}`));
    expect(verdict).toBe('findings');
    expect(findings.map(({ id }) => id)).toEqual(['lost-write', 'false-dirty']);
  });

  it('is strict on demand', () => {
    expect(check(drawn(FALSE_DIRTY)).verdict).toBe('ok');
    expect(check(drawn(FALSE_DIRTY), { strict: true }).verdict).toBe('findings');
  });

  it('says when a trail has no ending', () => {
    expect(check(drawn('map 16', { ending: null })).notes.join()).toContain('no ending');
  });

  it('makes a failing detector a finding, so that it never passes for a pass', () => {
    const broken: Detector = {
      ...DETECTORS[0]!,
      id: 'broken-detector',
      conclude() {
        throw new Error('out of ideas');
      },
    };
    const { verdict, counts, findings } = check(drawn(LOST), { detectors: [broken, ...DETECTORS] });
    expect(verdict).toBe('findings');
    expect(counts['broken-detector']).toBe(0);
    expect(counts['lost-write']).toBe(1);
    expect(findings.find(({ id }) => id === 'broken-detector')).toMatchObject({
      severity: 'high',
      certainty: 'undecidable',
    });
    expect(findings.find(({ id }) => id === 'broken-detector')!.summary).toContain('out of ideas');
  });

  it('lets a trail that cannot be read end it', () => {
    const source = drawn(LOST);
    source.readChunk = () => {
      throw new TrailFormatError({ what: 'chunk 0 is damaged' });
    };
    expect(() => check(source)).toThrow(TrailFormatError);
  });

  it('proves nothing where the source lost events', () => {
    const { findings } = check(drawn(`${FALSE_DIRTY}\n gap overrun events=5`));
    expect(findings).toMatchObject([{ id: 'false-dirty', certainty: 'possible' }]);
  });

  it('says of an observed trail which events are missing', () => {
    const observed = drawn('fault 16 WU not-present\n write 16', { meta: { mode: 'observed', strategy: null } });
    const { verdict, findings } = check(observed);
    expect(verdict).toBe('ok');
    const lost = findings.find(({ id }) => id === 'lost-write')!;
    expect(lost).toMatchObject({ severity: 'info', certainty: 'undecidable', page: null });
    expect(lost.summary).toContain('no transfer, pte, tlb-fill, flush-ack events');
    expect(findings).toHaveLength(DETECTORS.length);
  });

  it('keeps the shape of its answer', () => {
    const { findings } = check(drawn(`${LOST}\n ${FALSE_DIRTY.replaceAll('16', '17')}`));
    for (const found of findings) {
      expect(SEVERITIES).toContain(found.severity);
      expect(Object.keys(found).sort()).toEqual([
        ...(found.id === 'lost-write' ? ['cause'] : []),
        'certainty',
        'cpu',
        'evidence',
        'fix',
        'id',
        'page',
        'rootCause',
        'seq',
        'severity',
        'summary',
      ]);
      expect(found.evidence.map(({ seq }) => seq)).toEqual(
        [...new Set(found.evidence.map(({ seq }) => seq))].sort((a, b) => a - b),
      );
    }
  });

  it('needs only kinds that exist', () => {
    const kinds = EVENT_KINDS.map(({ kind }): string => kind);
    for (const { needs } of DETECTORS) expect(kinds).toEqual(expect.arrayContaining([...needs]));
  });
});
