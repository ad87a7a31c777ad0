import { describe, expect, it } from 'vitest';
import { COST_PROFILES, costProfile, parseCostProfile } from '../index.js';

describe('a profile of the user', () => {
  it('takes what it leaves out from its base', () => {
    const text = JSON.stringify({ id: 'my-box', source: 'measured', base: 'x86-64-vm', ns: { wpFault: 1234 } });
    const profile = parseCostProfile(text, 'my-box.json');
    expect(profile).toMatchObject({ id: 'my-box', source: 'measured' });
    expect(profile.ns).toEqual({ ...costProfile('x86-64-vm').ns, wpFault: 1234 });
  });

  it.each([
    ['text that is no JSON', '{', /no JSON/],
    ['a list', '[]', /no object/],
    ['no id', '{"ns": {}}', /id is not/],
    ['a key of its own', '{"id": "a", "figures": {}}', /a key 'figures'/],
    ['a figure that is no number', '{"id": "a", "ns": {"wpFault": "900"}}', /object of numbers/],
    ['a cost that does not exist', '{"id": "a", "ns": {"wpFalt": 900}}', /did you mean 'wpFault'/],
    ['a negative figure', '{"id": "a", "ns": {"wpFault": -1}}', /wpFault=-1/],
    ['a base that does not exist', '{"id": "a", "base": "x86"}', /cost profile 'x86' is not known/],
  ])('is refused with %s', (_, text, error) => {
    expect(() => parseCostProfile(text, 'a.json')).toThrow(error);
  });
});

it.each(COST_PROFILES)('$id says where every figure comes from and what all cost', ({ source, ns }) => {
  expect(source.length).toBeGreaterThan(20);
  expect(Object.values(ns).every((figure) => Number.isSafeInteger(figure) && figure >= 0)).toBe(true);
});
