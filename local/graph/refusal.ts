export interface RefusalDetail {
  readonly code: string;
  readonly target: string;
  readonly message: string;
}

/** An answer of 4xx or 5xx in Graph's own error shape. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly RefusalDetail[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: readonly RefusalDetail[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** Codes and texts as Microsoft's error reference and public issue threads show them. */
export const refuse = {
  invalidToken: (why: string) => new Refusal(401, 'InvalidAuthenticationToken', why),
  denied: () =>
    new Refusal(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'),
  notFound: (id: string) =>
    new Refusal(
      404,
      'Request_ResourceNotFound',
      `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
    ),
  badRequest: (message: string) => new Refusal(400, 'Request_BadRequest', message),
  malformed: (message: string) => new Refusal(400, 'BadRequest', message),
  unknownSegment: (segment: string) =>
    new Refusal(400, 'BadRequest', `Resource not found for the segment '${segment}'.`),
  unsupportedQuery: (message: string) => new Refusal(400, 'Request_UnsupportedQuery', message),
  methodNotAllowed: () =>
    new Refusal(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.'),
  missing: (property: string, resource: string) =>
    refuse.badRequest(`A value is required for property '${property}' of resource '${resource}'.`),
  badValue: (property: string, resource: string) =>
    refuse.badRequest(`Invalid value specified for property '${property}' of resource '${resource}'.`),
  readOnly: (property: string) => refuse.badRequest(`Property '${property}' is read-only and cannot be set.`),
  unknownProperty: (property: string) =>
    refuse.badRequest(`Property '${property}' does not exist as a declared property or extension property.`),
  synced: () =>
    refuse.badRequest(
      'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
    ),
  mailEnabled: () =>
    refuse.badRequest('Cannot Update a mail-enabled security groups and or distribution list.'),
  objectConflict: (property: string) => {
    const message = `Another object with the same value for property ${property} already exists.`;
    return new Refusal(400, 'Request_BadRequest', message, [
      { code: 'ObjectConflict', target: property, message },
    ]);
  },
  concurrency: () =>
    new Refusal(
      409,
      'Directory_ConcurrencyViolation',
      'The directory object is being changed by another request. Please retry the request.',
    ),
} as const;
