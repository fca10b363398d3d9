import type { AttributeDefinition } from '../schema/schema.ts';
import { findAttribute } from '../schema/schema.ts';
import { secretAttributes } from '../store/access.ts';
import { attributeValues, presentKeys } from '../store/attribute-values.ts';
import type { DirectoryObject, Value } from '../store/directory-object.ts';
import { formatReference, formatValue, type ReferenceForm } from '../store/reference.ts';
import type { EntryAttribute, ResponseEntry } from '../wire/write-response.ts';
import { constructedValues } from './constructed-values.ts';
import type { OperationContext } from './operation-context.ts';
import type { AttributeSelection, ValueRange } from './select-attributes.ts';

/** AD's MaxValRange policy: more values of one attribute come in ranges only. */
const RANGE_MAX = 1500;

export function referenceForm(context: OperationContext): ReferenceForm {
  return context.controls.extendedDn ?? 'plain';
}

export function buildEntry(
  context: OperationContext,
  object: DirectoryObject,
  selection: AttributeSelection,
  typesOnly: boolean,
): ResponseEntry {
  const attributes: EntryAttribute[] = [];
  const done = new Set<string>();
  const add = (definition: AttributeDefinition, range: ValueRange | undefined) => {
    const { access, principal, store } = context;
    if (secretAttributes.has(definition.key) || !access.canRead(principal, definition)) return;
    if (!access.canReadAttributes(principal, object, store.deletedObjects)) return;
    const id = range === undefined ? definition.key : `${definition.key};${range.low}`;
    if (done.has(id)) return;
    done.add(id);
    const values = definition.constructed
      ? constructedValues(context.store, object, definition)
      : attributeValues(object, definition);
    if (values.length > 0) attributes.push(...present(definition, values, range, referenceForm(context)));
  };
  for (const { definition, range } of selection.named) add(definition, range);
  if (selection.isAll) {
    for (const key of presentKeys(object)) {
      const definition = findAttribute(key);
      if (definition !== undefined && key !== 'ntsecuritydescriptor') add(definition, undefined);
    }
  }
  return {
    dn: formatReference(object, referenceForm(context)),
    attributes: typesOnly ? attributes.map(({ name }) => ({ name, values: [] })) : attributes,
  };
}

/**
 * One attribute as the wire shows it. More values than RANGE_MAX come as an empty attribute of the plain name beside
 * the first range, as Windows does; the last range ends with `*`.
 */
function present(
  definition: AttributeDefinition,
  values: readonly Value[],
  range: ValueRange | undefined,
  form: ReferenceForm,
): EntryAttribute[] {
  const format = (some: readonly Value[]) => some.map((value) => formatValue(value, form));
  if (range === undefined && values.length <= RANGE_MAX)
    return [{ name: definition.name, values: format(values) }];
  const low = range?.low ?? 0;
  const high = Math.min(range?.high ?? Infinity, low + RANGE_MAX - 1);
  if (low >= values.length || high < low) return [];
  const end = high + 1 >= values.length ? '*' : String(high);
  const ranged = {
    name: `${definition.name};range=${low}-${end}`,
    values: format(values.slice(low, high + 1)),
  };
  return range === undefined ? [{ name: definition.name, values: [] }, ranged] : [ranged];
}
