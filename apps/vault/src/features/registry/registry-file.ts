import { readFile } from 'node:fs/promises';
import { STAFF_ROLES } from '@integument/authz';
import { PURPOSE_NAMES, REVEAL_PURPOSES } from '@integument/contracts';
import { z } from 'zod';

const clientId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

/**
 * Clients and staff as the operator declares them, applied whole at every start. A file under review and version
 * control is the first registry; the console will write to the same tables.
 */
export const registryFile = z.strictObject({
  clients: z.array(
    z.discriminatedUnion('use', [
      z.strictObject({
        id: clientId.refine((id) => id !== 'console', 'reserved'),
        use: z.literal('identity'),
        revealPurposes: z.array(z.enum(REVEAL_PURPOSES)),
      }),
      z.strictObject({ id: clientId, use: z.literal('health'), purposes: z.array(z.enum(PURPOSE_NAMES)) }),
    ]),
  ),
  staff: z.array(
    z.strictObject({
      issuer: z.url().optional(),
      subject: z.string().min(1).max(255),
      roles: z.array(z.enum(STAFF_ROLES)).min(1),
    }),
  ),
});
export type RegistryFile = z.output<typeof registryFile>;

/** @throws where the file is missing, is not JSON or declares something unknown; the start stops then */
export async function readRegistryFile(path: string): Promise<RegistryFile> {
  const parsed = registryFile.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => issue.path.join('.') || '(top)');
  throw new Error(`REGISTRY_FILE is not valid at: ${places.join(', ')}`);
}
