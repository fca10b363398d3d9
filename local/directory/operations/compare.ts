import { compileFilter } from '../store/match-filter.ts';
import { findAttribute } from '../schema/schema.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { CompareOperation } from '../wire/ldap-request.ts';
import { resultCode, type ResultCode } from '../wire/result-code.ts';
import { resolve, type OperationContext } from './operation-context.ts';

export function compare(context: OperationContext, operation: CompareOperation): ResultCode {
  const object = resolve(context, operation.dn, `0000208D: NameErr: no object '${operation.dn}'`);
  if (findAttribute(operation.attribute) === undefined) {
    throw new LdapFailure('noSuchAttribute', `00000057: LdapErr: no attribute '${operation.attribute}'`);
  }
  const matches = compileFilter(
    { kind: 'equal', attribute: operation.attribute, value: operation.value },
    context.store,
    (definition) => context.access.canRead(context.principal, definition),
  );
  return matches(object) ? resultCode.compareTrue : resultCode.compareFalse;
}
