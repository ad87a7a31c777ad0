/** `last` as its users meet it, over a recording in which a D bit was cleared and not flushed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagetrail, scratchFolder } from './testing.js';

const scratch = scratchFolder();
const trail = scratch.path('a.trail');
const ELSEWHERE = '0x99999';

beforeAll(async () => {
  const options = '--workload hot-page --writes 400 --harvest-every 100 --mutate no-flush';
  expect((await pagetrail(['record', ...options.split(' '), '-o', trail])).code).toBe(0);
});
afterAll(() => scratch.remove());

const json = async (...args: string[]) => JSON.parse((await pagetrail(['last', trail, ...args, '--json'])).stdout);
/** The page that the workload writes. */
const pageOf = async () => {
  const { stdout } = await pagetrail(['query', trail, 'select distinct page from writes', '--csv']);
  return stdout.split('\n')[1]!;
};

describe('last', () => {
  it('agrees with SQL about what was last', async () => {
    const page = await pageOf();
    const asked = async (sql: string) =>
      Number((await pagetrail(['query', trail, sql, '--csv'])).stdout.split('\n')[1]);
    expect((await json(page)).change.seq).toBe(await asked(`select max(seq) from events where page <= ${page}`));
    expect((await json('pte', page)).change.seq).toBe(await asked('select max(seq) from pte_changes'));
    expect((await json('tlb', '0', page)).change).toMatchObject({ kind: 'tlb-fill', after: 'WD, slot 0' });
    expect((await json('mark', 'bitmap', page, '--all')).changes).toHaveLength(
      await asked('select count(*) from marks'),
    );
  });

  it('says what changed, in words', async () => {
    const { stdout, code } = await pagetrail(['last', trail, 'pte', await pageOf(), 'dirty', '--before', 'harvest:1']);
    expect({ code, line: stdout.replace(/^seq \d+ +\S+ \S+/, '') }).toEqual({
      code: 0,
      line: expect.stringMatching(/cpu 0 +pte +page \S+: P RW US A D special NX -> P RW US A special NX \(clean\)\n$/),
    });
  });

  it('that is not there is an answer: no', async () => {
    expect(await pagetrail(['last', trail, ELSEWHERE])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/no such event/),
    });
  });

  it.each([
    ['a subject that has no history', ['frame', '3'], /nothing of that name has a history/],
    ['no page', ['pte'], /'pte' cannot be asked about[^]*a page is missing/],
    ['a bit that there is not', ['pte', '3', 'dirt'], /did you mean 'dirty'/],
    ['a carrier that there is not', ['mark', 'bitmp', '3'], /did you mean 'bitmap'/],
    ['a CPU that is none', ['tlb', 'x', '3'], /'x' is not a CPU/],
    ['one word too many', ['page', '3', '4'], /'4' is not expected there/],
    ['a page that is too large', ['page', '0x10000000000000'], /cannot be asked about/],
    ['a position outside', ['3', '--before', '99999999'], /is not in the trail/],
  ])('%s is refused', async (_, args, message) => {
    const { code, stderr } = await pagetrail(['last', trail, ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
