/** The delivery tag is the lock token in the byte order of a .NET Guid: the first three groups reversed. */
export function toDeliveryTag(token: string): Buffer {
  const bytes = Buffer.from(token, 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
