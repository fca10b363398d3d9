/** unicodePwd takes the password in double quotes, UTF-16 little-endian (MS-ADTS 3.1.1.3.1.5). */
export function passwordValue(password: string): Buffer {
  return Buffer.from(`"${password}"`, 'utf16le');
}
