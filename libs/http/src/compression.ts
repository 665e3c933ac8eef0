import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';

/** bytes; below it the headers of a compressed reply outweigh what is saved */
export const COMPRESS_ABOVE = 1_024;

/**
 * Brotli and gzip. Not by the plugin's hook on every reply: the adapter asks for it where a reply is long, and streams and
 * documents, whose routes carry `compress`, get the hook.
 *
 * A compressed reply tells its length, which tells how well what an attacker injects matches a secret beside it (BREACH).
 * It takes a request of the victim's browser that carries the session: cross-site ones don't (SameSite, CORS, Origin).
 */
export async function addCompression(instance: FastifyInstance): Promise<void> {
  await instance.register(compress, {
    global: false,
    threshold: COMPRESS_ABOVE,
    encodings: ['br', 'gzip'],
    // Requests come plain: a compressed body could be a bomb.
    globalDecompression: false,
  });
}
