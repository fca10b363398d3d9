import { describe, expect, it } from 'vitest';
import { ContainerTree } from '../../../agent/capture/container-tree.ts';
import { withOwed } from '../../../agent/capture/owed-names.ts';

const head = 'DC=corp,DC=example';
const own = (key: string) => ({ namingContext: head, key });

function tree(): ContainerTree {
  const made = new ContainerTree('head', head);
  made.put('sales', `OU=Sales,${head}`);
  made.put('eu', `OU=EU,OU=Sales,${head}`);
  made.put('fr', `OU=FR,OU=EU,OU=Sales,${head}`);
  made.put('hr', `OU=HR,${head}`);
  return made;
}

describe('names owed to what lies below moved containers', () => {
  it('are owed by the topmost only', () => {
    expect(withOwed([], head, ['fr', 'sales', 'hr', 'eu'], tree())).toEqual([own('sales'), own('hr')]);
  });

  it('are owed anew by a container that is being told, and still by one above it', () => {
    const before = [own('sales'), own('hr')];
    const after = withOwed(before, head, ['eu', 'hr'], tree());
    expect(after).toEqual([own('sales'), own('eu'), own('hr')]);
    expect(after[0]).toBe(before[0]);
    expect(after).not.toContain(before[1]);
  });

  it('are not owed twice by what lies below one that has moved now', () => {
    expect(withOwed([own('fr')], head, ['sales'], tree())).toEqual([own('sales')]);
  });

  it('of another naming context stay', () => {
    const other = { namingContext: 'DC=other', key: 'x' };
    expect(withOwed([other], head, ['hr'], tree())).toEqual([other, own('hr')]);
    expect(withOwed([other], head, [], tree())).toEqual([other]);
  });

  it('of very many are owed by the head, so that the state stays small', () => {
    const many = Array.from({ length: 400 }, (_, at) => `c${at}`);
    const wide = tree();
    for (const key of many) wide.put(key, `OU=${key},${head}`);
    expect(withOwed([], head, many, wide)).toEqual([own('head')]);
  });
});
