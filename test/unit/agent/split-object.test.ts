import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packChangeSets } from '../../../agent/publish/pack-change-sets.ts';
import { carriedBytes, splitObject } from '../../../agent/publish/split-object.ts';
import { changeSetSchema, type ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import type { Value } from '../../../shared/contracts/primitives.ts';
import { partitionOf } from '../../../shared/model/partition.ts';

const key = '0123456789abcdef0123456789abcdef';
const limits = { pieceBytes: 4_000, objectBytes: 20_000 };
const names = Array.from({ length: 12 }, (_, index) => `attribute${index}`);
const keys = fc.uniqueArray(fc.stringMatching(/^[0-9a-f]{32}$/), { maxLength: 200 });
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 600 }),
  fc.constant('"\\'.repeat(100)),
  fc.stringMatching(/^[0-9a-f]{32}$/).map((r) => ({ r })),
);
const change: fc.Arbitrary<ObjectChange> = fc.record(
  {
    key: fc.constant(key),
    class: fc.constant('user'),
    dn: fc.constant('CN=a,DC=x'),
    ancestors: fc.constant(['aa', 'bb'].map((one) => one.repeat(16))),
    whole: fc.constant({ part: 0, of: 1 }),
    attributes: fc.dictionary(fc.constantFrom(...names), fc.array(value, { maxLength: 8 })),
    links: fc.record({ member: fc.record({ added: keys, removed: keys }) }),
  },
  { requiredKeys: ['key', 'attributes'] },
);

describe('an object that is too large for one set', () => {
  it('is the same when its pieces are put together, and each piece fits', () => {
    fc.assert(
      fc.property(change, (original) => {
        const pieces = splitObject(original, names, limits);
        for (const piece of pieces) expect(carriedBytes(piece)).toBeLessThanOrEqual(limits.pieceBytes);
        const dropped = new Set(pieces.flatMap(({ oversized }) => oversized ?? []));
        const kept = Object.fromEntries(
          Object.entries(original.attributes).filter(([name]) => !dropped.has(name)),
        );
        expect(Object.assign({}, ...pieces.map(({ attributes }) => attributes))).toEqual(kept);
        const linked = (which: 'added' | 'removed') =>
          pieces.flatMap(({ links }) => links?.['member']?.[which] ?? []);
        expect(linked('added')).toEqual(original.links?.['member']?.added ?? []);
        expect(linked('removed')).toEqual(original.links?.['member']?.removed ?? []);
        expect(pieces[0]).toMatchObject({ key, ...(original.dn === undefined ? {} : { dn: original.dn }) });
      }),
    );
  });

  it('speaks for each attribute in exactly one part, and for none that was left out', () => {
    fc.assert(
      fc.property(change, (original) => {
        const pieces = splitObject({ ...original, whole: { part: 0, of: 1 } }, names, limits);
        const parts = pieces.filter(({ whole }) => whole !== undefined);
        expect(parts.map(({ whole }) => whole)).toEqual(parts.map((_, part) => ({ part, of: parts.length })));
        if (parts.length === 1 && parts[0]?.asked === undefined) return;
        const spokenFor = parts.flatMap(({ asked }) => asked ?? []);
        const dropped = pieces.flatMap(({ oversized }) => oversized ?? []);
        expect([...spokenFor, ...dropped].sort()).toEqual([...names].sort());
        for (const { asked, attributes } of parts)
          for (const name of Object.keys(attributes)) expect(asked).toContain(name);
      }),
    );
  });

  it('loses its largest attribute when that cannot be carried, and says so', () => {
    const large = {
      key,
      attributes: { small: ['a'], photo: ['x'.repeat(5_000)] },
      whole: { part: 0, of: 1 },
    };
    expect(splitObject(large, ['small', 'photo', 'none'], limits)).toEqual([
      {
        key,
        attributes: { small: ['a'] },
        whole: { part: 0, of: 1 },
        asked: ['small', 'none'],
        oversized: ['photo'],
      },
    ]);
  });

  it('loses its largest attributes until the rest is small enough', () => {
    const attributes = Object.fromEntries(names.map((name, index) => [name, ['x'.repeat(2_000 + index)]]));
    const pieces = splitObject({ key, attributes }, names, limits);
    expect(pieces.flatMap(({ oversized }) => oversized ?? []).sort()).toEqual([
      'attribute10',
      'attribute11',
      'attribute9',
    ]);
  });
});

describe('an object over 700 KB', () => {
  it('loses its largest attribute, not the others, and every message stays below the limit', () => {
    const sizes = { photo: 170_000, a: 150_000, b: 150_000, c: 150_000, d: 150_000, e: 500 };
    const attributes = Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => [name, ['x'.repeat(size)]]),
    );
    const asked = Object.keys(sizes);
    const header = {
      version: { epoch: 1, n: 0 },
      lane: 'live' as const,
      namingContext: 'DC=x',
      asked,
      readAt: '2026-01-01T00:00:00.000Z',
    };
    const sets = packChangeSets('corp', header, [{ key, attributes, whole: { part: 0, of: 1 } }]);
    expect(sets.flatMap(({ oversized }) => oversized)).toEqual([{ key, attribute: 'photo' }]);
    const objects = sets.flatMap(({ payload }) => changeSetSchema.parse(JSON.parse(payload)).objects);
    expect(objects.flatMap((one) => Object.keys(one.attributes)).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(objects.flatMap((one) => one.asked ?? []).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    for (const { payload } of sets) expect(carriedBytes(JSON.parse(payload))).toBeLessThan(200_000);
  });
});

describe('change sets', () => {
  const header = {
    version: { epoch: 1, n: 0 },
    lane: 'live' as const,
    namingContext: 'DC=x',
    asked: names,
    readAt: '2026-01-01T00:00:00.000Z',
  };

  it('hold at most 33 objects of one partition, all of them once, in order', () => {
    const many = fc.uniqueArray(fc.stringMatching(/^[0-9a-f]{32}$/), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(many, (all) => {
        const sets = packChangeSets(
          'corp',
          header,
          all.map((one) => ({ key: one, attributes: {} })),
        );
        for (const { partition, payload, objects } of sets) {
          const set = changeSetSchema.parse(JSON.parse(payload));
          expect(set.objects.length).toBe(objects);
          for (const object of set.objects) expect(partitionOf('corp', object.key)).toBe(partition);
        }
        const sent = sets.flatMap(({ payload }) =>
          changeSetSchema.parse(JSON.parse(payload)).objects.map((one) => one.key),
        );
        expect([...sent].sort()).toEqual([...all].sort());
      }),
      { numRuns: 50 },
    );
  });

  it('stay below the limit of a message', () => {
    const changes = Array.from({ length: 40 }, () => ({ key, attributes: { a: ['"'.repeat(20_000)] } }));
    for (const { payload } of packChangeSets('corp', header, changes))
      expect(carriedBytes(JSON.parse(payload))).toBeLessThan(200_000);
  });
});
