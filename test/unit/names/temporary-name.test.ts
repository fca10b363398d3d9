import { expect, test } from 'vitest';
import { temporaryName } from '../../../shared/plan/temporary-name.ts';

const [one, two] = ['0a'.repeat(16), '0b'.repeat(16)];

test('keeps the suffix, and is the same for the same object and another for any other', () => {
  expect(temporaryName('ada@contoso.com', one)).toMatch(/^ada\.[0-9a-f]{10}@contoso\.com$/);
  expect(temporaryName('ada@contoso.com', one)).toBe(temporaryName('ada@contoso.com', one));
  expect(temporaryName('ada@contoso.com', one)).not.toBe(temporaryName('ada@contoso.com', two));
  expect(temporaryName('ada', one)).toMatch(/^ada\.[0-9a-f]{10}$/);
});

test('a long one still has no more than 64 characters, and no two dots side by side', () => {
  const long = `${'a'.repeat(52)}.${'b'.repeat(11)}`;
  const [local = ''] = temporaryName(`${long}@contoso.com`, one).split('@');
  expect(local).toMatch(/^a{52}\.[0-9a-f]{10}$/);
  expect(temporaryName('a'.repeat(64), one)).toHaveLength(64);
});
