/** `check` as a gate, as scripts and CI meet it: exit codes, text, JSON, JUnit, SARIF. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DETECTORS, METRICS } from '../analyzer/index.js';
import { pagetrail, scratchFolder } from './testing.js';

const scratch = scratchFolder();
const [base, same, worse, lossy, other] = ['base', 'same', 'worse', 'lossy', 'other'].map((name) =>
  scratch.path(`${name}.trail`),
) as [string, string, string, string, string];
const RECORDING = '--workload zipf --writes 5000 --pages 64 --harvest-every 500'.split(' ');

beforeAll(async () => {
  const record = async (trail: string, ...options: string[]) =>
    expect((await pagetrail(['record', ...RECORDING, ...options, '-o', trail])).code).toBe(0);
  await record(base, '--strategy', 'pfn-mkwrite');
  await record(same, '--strategy', 'pfn-mkwrite');
  await record(worse, '--strategy', 'page-mkwrite', '--harvest-every', '250');
  await record(lossy, '--mutate', 'no-flush');
  await record(other, '--strategy', 'pfn-mkwrite', '--seed', '7');
});
afterAll(() => scratch.remove());

const check = (trail: string, ...options: string[]) => pagetrail(['check', trail, ...options]);

describe('the exit code', () => {
  it('is by the rules: the same recording keeps every figure of its baseline exactly', async () => {
    const equal = METRICS.flatMap(({ name }) => ['--max', `${name}=+0%`, '--min', `${name}=1x`]);
    expect((await check(same, '--baseline', base, '--same-writes', ...equal)).code).toBe(0);
    expect((await check(worse, '--baseline', base, '--max', 'flushes=+0%')).code).toBe(1);
  });

  it.each([
    ['a kept rule', () => [base, '--no', 'lost-write'], 0],
    ['a broken rule', () => [base, '--max', 'faults=0'], 1],
    ['findings, with a kept rule', () => [lossy, '--min', 'writes=1'], 1],
    ['findings, with a kept rule and only the gate', () => [lossy, '--min', 'writes=1', '--only-gate'], 0],
    ['findings of info, refused', () => [lossy, '--no', 'stale-tlb-write', '--only-gate'], 1],
    ['a baseline with other writes', () => [base, '--baseline', other, '--max', 'writes=1x'], 0],
    ['the same, refused', () => [base, '--baseline', other, '--max', 'writes=1x', '--same-writes'], 1],
    ['the same without rules', () => [base, '--baseline', other, '--same-writes'], 1],
    ['the right writes without rules', () => [base, '--baseline', same, '--same-writes'], 0],
  ])('of %s', async (_, options, code) => {
    const [trail, ...rest] = options();
    expect((await check(trail!, ...rest)).code).toBe(code);
  });

  it.each([
    ['an unknown detector', ['--no', 'lost-wriet'], 2, "did you mean 'lost-write'?"],
    ['an unknown metric', ['--max', 'byteTransferred=5'], 2, "did you mean 'bytesTransferred'?"],
    ['a relative limit without a baseline', ['--max', 'faults=+2%'], 2, 'add --baseline BASE.trail'],
    ['a baseline without a rule', ['--baseline', 'x.trail'], 2, 'add a rule'],
    ['only a gate that is none', ['--only-gate'], 2, 'add a rule'],
    ['the same writes as nothing', ['--same-writes'], 2, 'add --baseline'],
    ['two reports on stdout', ['--junit', '-', '--sarif', '-'], 2, 'more than one report'],
    ['JSON and a report on stdout', ['--junit', '-', '--json'], 2, 'more than one report'],
    ['a missing baseline', ['--baseline', 'missing.trail', '--no', 'lost-write'], 3, 'there is no such file'],
    ['a missing gate', ['--gate', 'missing.json'], 3, 'there is no such file'],
    ['a report in no folder', ['--junit', '/nowhere/x.xml'], 3, 'its folder does not exist'],
    ['a report that is a folder', ['--sarif', '.'], 3, 'it is a folder'],
  ])('of %s', async (_, options, code, text) => {
    const ran = await check(base, ...options);
    expect(ran.stderr).toContain(text);
    expect(ran).toMatchObject({ code, stdout: '' });
  });
});

describe('the text', () => {
  it('tells each rule, and the first bad event of each that is broken', async () => {
    const { stdout, code } = await check(base, '--no', 'lost-write', '--max', 'faults=3', '--min', 'epochs=99');
    expect(code).toBe(1);
    expect(stdout).toMatch(/\ngate: failed, 2 of 3 rules broken\n/);
    expect(stdout).toMatch(/ {2}kept +no lost-write +none\n/);
    expect(stdout).toMatch(/ {2}BROKEN +max faults=3 +[0-9,]+, at most 3\n/);
    expect(stdout).toMatch(/ {2}max faults=3\n {4}first: seq \d+, [0-9.]+ [nu]s, cpu 0: fault page 0x1[0-9a-f]+, .*\n/);
    expect(stdout).toMatch(/ {2}min epochs=99\n {4}first: no event: too little happened\n/);
    const { rows } = JSON.parse(
      (await pagetrail(['query', base, 'SELECT seq FROM faults LIMIT 1 OFFSET 3', '--json'])).stdout,
    );
    expect(stdout).toContain(`first: seq ${rows[0][0]},`);
  });

  it('has notices of baselines that are not quite that', async () => {
    const notices = (await check(base, '--baseline', other, '--max', 'writes=1x')).stderr;
    expect(notices).toContain('holds other writes');
    const dear = scratch.path('dear.trail');
    await pagetrail(['record', ...RECORDING, '--strategy', 'pfn-mkwrite', '--set', 'wpFault=9000', '-o', dear]);
    expect((await check(base, '--baseline', dear, '--max', 'overhead=1x')).stderr).toContain('priced by other costs');
    expect((await check(base, '--baseline', dear, '--max', 'faults=1x')).stderr).toBe('');
  });

  it('without rules is what it was', async () => {
    expect((await check(base)).stdout).not.toContain('gate');
    expect(JSON.parse((await check(base, '--json')).stdout)).not.toHaveProperty('gate');
  });
});

describe('JSON', () => {
  it('has the rules with what they allow and the event that breaks them', async () => {
    const { stdout } = await check(base, '--baseline', same, '--max', 'faults=0.5x', '--no', 'lost-write', '--json');
    const { gate, verdict } = JSON.parse(stdout);
    expect(verdict).toBe('ok');
    expect(gate).toMatchObject({ passed: false, aligned: true, baseline: same, misaligned: false });
    const [no, max] = gate.rules;
    expect(no).toMatchObject({ rule: 'no lost-write', about: 'lost-write', passed: true, actual: 0, event: null });
    expect(max).toMatchObject({
      kind: 'max',
      about: 'faults.total',
      unit: 'count',
      limit: max.base / 2,
      actual: max.base,
    });
    expect(max.event).toEqual({
      seq: expect.any(Number),
      timeNs: expect.any(Number),
      cpu: 0,
      page: expect.any(Number),
      text: expect.stringContaining('fault'),
    });
  });

  it('is the same from a file of rules', async () => {
    const path = scratch.path('gate.json');
    writeFileSync(path, '{"no": ["lost-write"], "max": {"faults": "0.5x"}}');
    const json = async (...options: string[]) =>
      JSON.parse((await check(base, '--baseline', same, '--json', ...options)).stdout);
    expect(await json('--gate', path)).toEqual(await json('--no', 'lost-write', '--max', 'faults=0.5x'));
    writeFileSync(path, '{"maxx": {}}');
    const ran = await check(base, '--gate', path);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain("did you mean 'max'?");
  });
});

/** Elements of XML by name, with their attributes unescaped, and what is wrong with it: just enough of a parser to find it malformed. */
function parseXml(text: string): {
  elements: Array<{ name: string; attributes: Record<string, string> }>;
  open: string[];
} {
  const elements: Array<{ name: string; attributes: Record<string, string> }> = [];
  const open: string[] = [];
  const unescaped = (value: string) =>
    value.replace(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, word: string | undefined) =>
      code === undefined ? { lt: '<', gt: '>', amp: '&', quot: '"' }[word!]! : String.fromCharCode(Number(code)),
    );
  const body = text.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, '');
  expect(body).not.toBe(text);
  // eslint-disable-next-line no-control-regex
  expect(body).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u);
  for (const part of body.split(/(<[^>]*>)/)) {
    const [, closes, name, attributes, isEmpty] = /^<(\/?)(\w+)((?: \w+="[^"<]*")*)(\/?)>$/.exec(part) ?? [];
    if (name === undefined) {
      expect(part).not.toMatch(/[<>]|&(?!(lt|gt|amp|quot|#\d+);)/);
      continue;
    }
    if (closes === '/') {
      expect(open.pop()).toBe(name);
      continue;
    }
    const pairs = [...attributes!.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, unescaped(value!)]);
    elements.push({ name, attributes: Object.fromEntries(pairs) });
    if (isEmpty === '') open.push(name);
  }
  return { elements, open };
}

/** A name that is hard on every format. */
const HOSTILE = `a "b" <c> & 'd' ${'\u0001'}\n%2e é ${'\u{1f4a9}'}.trail`;

describe('JUnit', () => {
  it('has a test case for each rule and each detector, and a failure for each that refuses', async () => {
    const path = scratch.path('report.xml');
    const ran = await check(lossy, '--no', 'lost-write', '--max', 'writes=5000', '--junit', path);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('gate: failed');
    const { elements, open } = parseXml(readFileSync(path, 'utf8'));
    expect(open).toEqual([]);
    const cases = elements.filter(({ name }) => name === 'testcase').map(({ attributes }) => attributes['name']);
    expect(cases).toEqual(['no lost-write', 'max writes=5000', ...DETECTORS.map(({ id }) => id)]);
    const failures = elements.filter(({ name }) => name === 'failure');
    const { findings } = JSON.parse((await check(lossy, '--json')).stdout);
    const grave = findings.filter(({ severity }: { severity: string }) => ['critical', 'high'].includes(severity));
    const refused = new Set(grave.map(({ id }: { id: string }) => id)).size;
    expect(failures.map(({ attributes }) => attributes['type'])).toEqual([
      'gate',
      ...Array.from({ length: refused }, () => 'detectors'),
    ]);
    const [all, gate, detectors] = elements.filter(({ name }) => /^testsuites?$/.test(name));
    expect(all!.attributes).toMatchObject({ tests: String(cases.length), failures: String(1 + refused), errors: '0' });
    expect(gate!.attributes).toMatchObject({ name: 'gate', tests: '2', failures: '1' });
    expect(detectors!.attributes).toMatchObject({ name: 'detectors', failures: String(refused) });
  });

  it('goes to stdout for -, and the text to stderr', async () => {
    const ran = await check(base, '--max', 'writes=5000', '--junit', '-');
    expect(ran.code).toBe(0);
    expect(parseXml(ran.stdout).open).toEqual([]);
    expect(ran.stderr).toContain('gate: passed, 1 rule');
  });

  it('and SARIF hold any name', async () => {
    const hostile = scratch.path(HOSTILE);
    writeFileSync(hostile, readFileSync(lossy));
    const junit = (await check(hostile, '--max', 'faults=0', '--junit', '-')).stdout;
    const { elements, open } = parseXml(junit);
    expect(open).toEqual([]);
    expect(elements.at(-1)!.attributes['file']).toBe(hostile.replace('\u0001', '\ufffd'));
    const sarif = JSON.parse((await check(hostile, '--max', 'faults=0', '--sarif', '-')).stdout);
    complain(sarif);
    expect(new URL(sarif.runs[0].artifacts[0].location.uri).protocol).toBe('file:');
  });
});

/** What SARIF 2.1.0 requires of a log such as ours (sections 3.13 to 3.33 of the standard), asserted member by member. */
function complain(log: any): void {
  expect(log.$schema).toMatch(/sarif-schema-2\.1\.0\.json$/);
  expect(log.version).toBe('2.1.0');
  expect(log.runs).toHaveLength(1);
  for (const run of log.runs) {
    const { driver } = run.tool;
    expect(driver.name).toBe('pagetrail');
    const ids = driver.rules.map(({ id }: { id: string }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const rule of driver.rules) {
      expect(rule.shortDescription.text).toEqual(expect.stringMatching(/./));
      expect(rule.name).toMatch(/^[A-Za-z0-9]+$/);
      expect(['none', 'note', 'warning', 'error']).toContain(rule.defaultConfiguration.level);
    }
    for (const invocation of run.invocations) expect(invocation.executionSuccessful).toBe(true);
    const uri = (location: { uri: string }) =>
      expect(location.uri).toMatch(/^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$/);
    for (const artifact of run.artifacts) uri(artifact.location);
    for (const result of run.results) {
      expect(ids[result.ruleIndex]).toBe(result.ruleId);
      expect(['none', 'note', 'warning', 'error']).toContain(result.level);
      expect(result.message.text).toMatch(/./);
      expect(result.locations).toHaveLength(1);
      for (const { physicalLocation, logicalLocations } of result.locations) {
        uri(physicalLocation.artifactLocation);
        expect(physicalLocation.region.startLine).toBeGreaterThanOrEqual(1);
        for (const logical of logicalLocations) {
          expect(['page', 'cpu', 'event']).toContain(logical.kind);
          expect(logical.fullyQualifiedName).toBe(`${logical.kind} ${logical.name}`);
        }
      }
      for (const print of Object.values(result.partialFingerprints)) expect(print).toMatch(/^[0-9a-f]{32}$/);
    }
  }
}

describe('SARIF', () => {
  it('has detectors and rules as its rules, findings and broken rules as its results', async () => {
    const ran = await check(lossy, '--max', 'faults=0', '--no', 'lost-write', '--sarif', '-');
    const log = JSON.parse(ran.stdout);
    complain(log);
    const [{ tool, results, invocations }] = log.runs;
    expect(invocations).toEqual([{ executionSuccessful: true, exitCode: 1 }]);
    const ids = tool.driver.rules.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(
      ['gate/max/faults.total', 'gate/no/lost-write', ...DETECTORS.map(({ id }) => id)].sort(
        (a, b) => ids.indexOf(a) - ids.indexOf(b),
      ),
    );
    const { findings } = JSON.parse((await check(lossy, '--json')).stdout);
    const own = results.filter(({ ruleId }: { ruleId: string }) => !ruleId.startsWith('gate/'));
    expect(own).toHaveLength(findings.length);
    for (const [i, finding] of findings.entries()) {
      expect(own[i]).toMatchObject({ ruleId: finding.id, message: { text: expect.stringContaining(finding.summary) } });
      expect(own[i].level).toBe(
        { critical: 'error', high: 'error', medium: 'warning', low: 'warning', info: 'note' }[
          finding.severity as 'low'
        ],
      );
      const names = own[i].locations[0].logicalLocations.map(({ fullyQualifiedName }: any) => fullyQualifiedName);
      if (finding.seq !== null) expect(names).toContain(`event ${finding.seq}`);
      if (finding.page !== null) expect(names).toContain(`page 0x${finding.page.toString(16)}`);
    }
    const lost = own.filter(({ ruleId }: { ruleId: string }) => ruleId === 'lost-write');
    const prints = lost.map(({ partialFingerprints }: any) => partialFingerprints['pagetrail/v1']);
    expect(new Set(prints).size).toBe(prints.length);
  });

  it('names a trail below the folder relative to it', async () => {
    const before = process.cwd();
    process.chdir(scratch.path(''));
    try {
      const log = JSON.parse((await check('base.trail', '--sarif', '-')).stdout);
      complain(log);
      expect(log.runs[0].artifacts[0].location).toEqual({ uri: 'base.trail', uriBaseId: '%SRCROOT%' });
    } finally {
      process.chdir(before);
    }
  });

  it('is the same twice, and a finding keeps its fingerprint when positions move', async () => {
    const log = async (trail: string) => JSON.parse((await check(trail, '--sarif', '-')).stdout).runs[0];
    expect(await log(lossy)).toEqual(await log(lossy));
    const moved = scratch.path('moved.trail');
    await pagetrail(['record', ...RECORDING, '--mutate', 'no-flush', '--writes', '5001', '-o', moved]);
    const prints = ({ results }: any) => new Set(results.map((one: any) => one.partialFingerprints['pagetrail/v1']));
    const [first, second] = [prints(await log(lossy)), prints(await log(moved))];
    const kept = [...first].filter((print) => second.has(print));
    expect(kept.length).toBeGreaterThan(first.size / 2);
  });
});

it('a report that cannot be written leaves nothing behind, and what was there', async () => {
  const path = scratch.path('kept.xml');
  await check(base, '--junit', path);
  const before = readFileSync(path, 'utf8');
  expect((await check(base, '--junit', scratch.path('no/such.xml'))).code).toBe(3);
  await check(base, '--junit', path);
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(readdirSync(scratch.path('')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(existsSync(scratch.path('no'))).toBe(false);
});
