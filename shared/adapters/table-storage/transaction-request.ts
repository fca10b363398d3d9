import { randomUUID } from 'node:crypto';
import { RestError, type TableClient } from '@azure/data-tables';
import { createDefaultHttpClient, createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { invariant } from '../../errors/invariant.ts';
import type { RowWrite } from '../../ports/table-store.ts';
import type { Entity } from './entity.ts';

/** A write with its entity in the service's form; `delete` has none. */
export interface PreparedWrite {
  readonly write: RowWrite;
  readonly entity: Entity | undefined;
}

const httpClient = createDefaultHttpClient();
const lineEnd = '\r\n';
const version = '2019-02-02';

/**
 * An entity group transaction, put together here and sent through the client's own pipeline (signing, retries).
 *
 * The SDK's submitTransaction cannot delete a row under a condition (7.x to 13.3.2 always send `If-Match: *`), and makes
 * a client and a pipeline for every call. Form of the request: learn.microsoft.com, Performing entity group transactions.
 */
export async function sendTransaction(
  client: TableClient,
  prepared: readonly PreparedWrite[],
  partitionKey: string,
  options: { readonly abortSignal: AbortSignal },
): Promise<void> {
  const [base = '', sas] = client.url.replace(/\/$/, '').split('?');
  const batch = `batch_${randomUUID()}`;
  const changes = `changeset_${randomUUID()}`;
  const parts = prepared.map(
    (one) => `--${changes}${lineEnd}${partOf(`${base}/${client.tableName}`, partitionKey, one)}`,
  );
  const body = [
    `--${batch}`,
    `Content-Type: multipart/mixed; boundary=${changes}`,
    '',
    ...parts,
    `--${changes}--`,
    `--${batch}--`,
    '',
  ].join(lineEnd);
  const url = `${base}/$batch${sas === undefined ? '' : `?${sas}`}`;
  const headers = createHttpHeaders({
    accept: 'application/json',
    'content-type': `multipart/mixed; boundary=${batch}`,
    'x-ms-version': version,
    dataserviceversion: '3.0;',
    maxdataserviceversion: '3.0;NetFx',
  });
  const allowInsecureConnection = url.startsWith('http:');
  const request = createPipelineRequest({
    url,
    method: 'POST',
    headers,
    body,
    allowInsecureConnection,
    ...options,
  });
  const response = await client.pipeline.sendRequest(httpClient, request);
  refuseFailure(response.status, response.bodyAsText ?? '');
}

function partOf(table: string, partitionKey: string, { write, entity }: PreparedWrite): string {
  const url =
    write.kind === 'insert'
      ? table
      : `${table}(PartitionKey='${inUrl(partitionKey)}',RowKey='${inUrl(write.rowKey)}')`;
  const method = write.kind === 'insert' ? 'POST' : write.kind === 'delete' ? 'DELETE' : 'PUT';
  const ifMatch =
    write.kind === 'replace' ? write.etag : write.kind === 'delete' ? (write.etag ?? '*') : undefined;
  return [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    '',
    `${method} ${url} HTTP/1.1`,
    'Accept: application/json;odata=minimalmetadata',
    'DataServiceVersion: 3.0;',
    ...(entity === undefined ? [] : ['Content-Type: application/json;odata=nometadata']),
    ...(write.kind === 'insert' ? ['Prefer: return-no-content'] : []),
    ...(ifMatch === undefined ? [] : [`If-Match: ${ifMatch}`]),
    '',
    entity === undefined ? '' : jsonOf(entity),
  ].join(lineEnd);
}

const inUrl = (key: string): string => encodeURIComponent(key.replaceAll("'", "''")).replaceAll("'", '%27');

function jsonOf(entity: Entity): string {
  const { partitionKey, rowKey, ...columns } = entity;
  const properties: Record<string, unknown> = { PartitionKey: partitionKey, RowKey: rowKey };
  for (const [name, value] of Object.entries(columns)) {
    if (value instanceof Uint8Array) {
      properties[`${name}@odata.type`] = 'Edm.Binary';
      properties[name] = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    } else properties[name] = value;
  }
  return JSON.stringify(properties);
}

/** The answer is 202 even when a part failed: then it holds that one part only, and nothing was written. */
function refuseFailure(status: number, body: string): void {
  const statuses = [...body.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, text]) => Number(text));
  const failed = status >= 300 ? status : statuses.find((part) => part >= 300);
  if (failed === undefined) {
    invariant(statuses.length > 0, 'the answer to a transaction has parts');
    return;
  }
  const code = /"code"\s*:\s*"([^"]+)"/.exec(body)?.[1];
  throw new RestError('a transaction was refused', {
    statusCode: failed,
    ...(code === undefined ? {} : { code }),
  });
}
