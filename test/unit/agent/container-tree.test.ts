import { describe, expect, it } from 'vitest';
import { ContainerTree } from '../../../agent/capture/container-tree.ts';

function tree(): ContainerTree {
  const made = new ContainerTree('head', 'DC=corp,DC=example');
  expect(made.put('sales', 'OU=Sales,DC=corp,DC=example')).toBe(true);
  expect(made.put('eu', 'OU=EU,OU=Sales,DC=corp,DC=example')).toBe(true);
  expect(made.put('hr', 'OU=HR,DC=corp,DC=example')).toBe(true);
  return made;
}

describe('the containers of a naming context', () => {
  it('tell the ancestors of an object, from its parent to the head', () => {
    expect(tree().ancestorsOf('CN=a,OU=EU,OU=Sales,DC=corp,DC=example')).toEqual(['eu', 'sales', 'head']);
    expect(tree().ancestorsOf('CN=a,ou=eu, ou=sales,dc=CORP,dc=example')).toEqual(['eu', 'sales', 'head']);
    expect(tree().ancestorsOf('CN=a,DC=corp,DC=example')).toEqual(['head']);
  });

  it('say when they do not know a parent', () => {
    expect(tree().ancestorsOf('CN=a,OU=New,DC=corp,DC=example')).toBeNull();
    expect(tree().ancestorsOf('CN=a,DC=other,DC=example')).toBeNull();
    expect(tree().put('x', 'OU=x,OU=New,DC=corp,DC=example')).toBe(false);
  });

  it('carry what lies below along when one is renamed or moved', () => {
    const moved = tree();
    moved.ancestorsOf('CN=a,OU=EU,OU=Sales,DC=corp,DC=example');
    moved.put('sales', 'OU=Vertrieb,OU=HR,DC=corp,DC=example');
    expect(moved.ancestorsOf('CN=a,OU=EU,OU=Vertrieb,OU=HR,DC=corp,DC=example')).toEqual([
      'eu',
      'sales',
      'hr',
      'head',
    ]);
    expect(moved.ancestorsOf('CN=a,OU=EU,OU=Sales,DC=corp,DC=example')).toBeNull();
  });

  it('let a name be taken over by another container', () => {
    const made = tree();
    made.put('sales', 'OU=Old,DC=corp,DC=example');
    made.put('new', 'OU=Sales,DC=corp,DC=example');
    made.remove('sales');
    expect(made.keyOf('OU=Sales,DC=corp,DC=example')).toBe('new');
    expect(made.keyOf('OU=Old,DC=corp,DC=example')).toBeNull();
  });

  it('refuse to hang a container below itself', () => {
    const made = tree();
    expect(made.put('sales', 'OU=Sales,OU=EU,OU=Sales,DC=corp,DC=example')).toBe(false);
    expect(made.keyOf('OU=Sales,DC=corp,DC=example')).toBe('sales');
  });
});
