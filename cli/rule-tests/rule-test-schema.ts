import * as z from 'zod';

/** `users.test.yaml` beside the rules it tests. */
export const isRuleTestFile = (name: string): boolean => /\.test\.ya?ml$/i.test(name);

const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.strictObject({ base64: z.base64() })]);

/** An object of the directory as a person describes it. */
export const testObjectSchema = z.strictObject({
  class: z
    .string()
    .min(1)
    .describe('objectClass, the most specific one: user, inetOrgPerson, group, computer'),
  dn: z.string().regex(/^[A-Za-z][\w.-]*=/, 'is not a distinguished name'),
  guid: z.guid().optional().describe('objectGUID; one made from the DN where it does not matter'),
  attributes: z
    .record(z.string(), z.union([scalarSchema, z.array(scalarSchema), z.null()]))
    .optional()
    .describe('What is not named is known to be empty. References (manager) are DNs, GUIDs may be text'),
  unread: z.array(z.string()).optional().describe('Attributes that were never read: unknown, not empty'),
});

const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);

const expectationSchema = z
  .strictObject({
    values: z
      .record(z.string(), valueSchema)
      .optional()
      .describe('Target properties and their values; null: emptied. Others are not looked at'),
    untouched: z.array(z.string()).optional().describe('Target properties that are left as they are'),
    chosenAtCreation: z
      .array(z.string())
      .optional()
      .describe('Target properties whose values are random, drawn when the object is made'),
    references: z
      .record(z.string(), z.union([z.string(), z.null()]))
      .optional()
      .describe('DNs by target'),
    anchor: z.string().optional(),
    problems: z
      .record(z.string(), z.string())
      .optional()
      .describe('Target properties without a value, and a part of the reason. Without it there are none'),
    heldAtCreation: z.string().optional().describe('A part of why it is not created without a person’s word'),
    out: z.string().optional().describe('Out of scope, by a clause that contains this'),
    waitingFor: z.array(z.string()).optional().describe('Attributes it cannot be judged without'),
    failed: z.string().optional().describe('Scope or anchor cannot be computed: a part of the reason'),
    noSync: z.literal(true).optional().describe('No sync wants an object of this class'),
  })
  .refine((given) => Object.keys(given).length > 0, 'says nothing')
  .refine((given) => endings(given) <= 1, 'names outcomes that exclude each other');

/** An object in scope has values and so on; every other outcome stands alone. */
function endings(given: Readonly<Record<string, unknown>>): number {
  const others = ['out', 'waitingFor', 'failed', 'noSync'].filter((name) => given[name] !== undefined).length;
  return others + (Object.keys(given).length > others ? 1 : 0);
}

const testSchema = z.strictObject({
  name: z.string().min(1),
  now: z.iso.datetime({ offset: true }).optional().describe('The time that Now() gives'),
  object: testObjectSchema,
  expect: expectationSchema,
});

/** A file of tests as people write it: an object in, the expected projection or reason out. */
export const ruleTestFileSchema = z.strictObject({
  version: z.literal(1),
  rules: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Rule files or folders, seen from this file (default: the rule files beside it)'),
  connector: z.string().optional().describe('The source (default: the only one the rules have)'),
  now: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('The time that Now() gives in all tests (default: 2026-01-01T00:00:00Z)'),
  containers: z
    .record(z.string(), z.guid())
    .optional()
    .describe('GUIDs of containers by DN, for scopes that name them by GUID'),
  tests: z.array(testSchema).min(1),
});

export type RuleTestFile = z.infer<typeof ruleTestFileSchema>;
export type RuleTest = z.infer<typeof testSchema>;
export type TestObject = z.infer<typeof testObjectSchema>;
export type Expectation = z.infer<typeof expectationSchema>;
