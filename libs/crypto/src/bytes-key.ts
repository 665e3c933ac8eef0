/** Bytes as a key of a map or a member of a set, which tell buffers apart by what they are and not by what is in them. */
export function bytesKey(bytes: Buffer): string {
  return bytes.toString('latin1');
}
