import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeSetPacker, type PackedSet } from '../../../agent/publish/change-set-packer.ts';
import { ChangeStream } from '../../../agent/publish/change-stream.ts';
import { changeSetSchema, type ObjectChange } from '../../../shared/contracts/change-set.v1.ts';

const header = {
  version: { epoch: 1, n: 3 },
  lane: 'bulk' as const,
  namingContext: 'DC=x',
  import: 'i1',
  asked: ['title'],
  readAt: '2026-01-01T00:00:00.000Z',
};
const change = (index: number, title = 'a'): ObjectChange => ({
  key: index.toString(16).padStart(32, '0'),
  attributes: { title: [title] },
});
const objectsOf = ({ payload }: PackedSet): readonly ObjectChange[] =>
  changeSetSchema.parse(JSON.parse(payload)).objects;
const some = (from: number, to: number): ObjectChange[] =>
  Array.from({ length: to - from }, (_, index) => change(from + index));

describe('a reading that comes in parts', () => {
  it('fills its sets across the parts: no more than one a partition is not full', () => {
    const packer = new ChangeSetPacker('corp', header);
    const full = Array.from({ length: 30 }, (_, page) =>
      packer.put(some(page * 200, page * 200 + 200)),
    ).flat();
    const rest = packer.rest();
    expect(new Set(full.map(({ objects }) => objects))).toEqual(new Set([33]));
    expect(rest.length).toBeLessThanOrEqual(64);
    const sent = [...full, ...rest].flatMap((set) => objectsOf(set).map(({ key }) => key));
    expect(sent.sort()).toEqual(some(0, 6_000).map(({ key }) => key));
    expect(Object.values(packer.counts).reduce((sum, count) => sum + count, 0)).toBe(6_000);
  });

  it('names no object twice in one set, which would be refused', () => {
    const packer = new ChangeSetPacker('corp', header);
    const sets = [
      ...packer.put([change(1, 'first')]),
      ...packer.put([change(1, 'second')]),
      ...packer.rest(),
    ];
    expect(sets.map((set) => objectsOf(set).map(({ attributes }) => attributes['title']))).toEqual([
      [['first']],
      [['second']],
    ]);
  });

  it('stays below the limit of a message, whatever the characters are', () => {
    const title = fc.oneof(
      fc.integer({ min: 1, max: 60_000 }).map((length) => '"'.repeat(length)),
      fc.integer({ min: 1, max: 60_000 }).map((length) => '€'.repeat(length)),
      fc.integer({ min: 1, max: 1_700 }).map((length) => '\u0001'.repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(title, { minLength: 1, maxLength: 60 }), (titles) => {
        const packer = new ChangeSetPacker('corp', header);
        // All of one partition: the keys are sought.
        const same = ofOnePartition(titles.length);
        const sets = [
          ...packer.put(
            titles.map((text, index) => ({ key: same[index] ?? '', attributes: { title: [text] } })),
          ),
          ...packer.rest(),
        ];
        for (const { payload } of sets)
          expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThan(200_000);
      }),
      { numRuns: 20 },
    );
  });
});

/** Keys of one partition. */
function ofOnePartition(count: number): readonly string[] {
  const packer = new ChangeSetPacker('corp', header);
  const sets = [...packer.put(some(0, 6_000)), ...packer.rest()];
  const keys = sets.filter(({ partition }) => partition === 'p00').flatMap((set) => objectsOf(set));
  return keys.slice(0, count).map(({ key }) => key);
}

describe('a stream of change sets', () => {
  it('sends while it is read, waits where the broker is slow, and has ended when all is accepted', async () => {
    const open: (() => void)[] = [];
    let accepted = 0;
    const stream = new ChangeStream(new ChangeSetPacker('corp', header), async (sets) => {
      await new Promise<void>((resolve) => open.push(resolve));
      accepted += sets.reduce((sum, { objects }) => sum + objects, 0);
    });
    let read = 0;
    const reading = (async () => {
      for (; read < 100_000; read += 200) await stream.put(some(read, read + 200));
      await stream.end();
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBeLessThan(100_000);
    expect(open.length).toBeGreaterThan(0);
    expect(open.length).toBeLessThanOrEqual(3);
    const drain = setInterval(() => open.splice(0).forEach((resolve) => resolve()), 0);
    await reading.finally(() => clearInterval(drain));
    expect(accepted).toBe(100_000);
  });

  it('fails with what was refused, at the latest in the end', async () => {
    const refuse = (): Promise<void> => Promise.reject(new Error('refused'));
    const stream = new ChangeStream(new ChangeSetPacker('corp', header), refuse);
    await stream.put([change(1)]);
    await expect(stream.end()).rejects.toThrow('refused');
    await stream.settle();
  });
});
