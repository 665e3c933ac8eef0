import { readFile } from 'node:fs/promises';
import {
  CREDENTIALS_MAX,
  clientId,
  credential,
  PURPOSE_NAMES,
  REVEAL_PURPOSES,
  regionCodes,
  STAFF_ROLES,
  VOUCHED,
} from '@integument/contracts';
import { z } from 'zod';

/** The client has a key, and every token of it counts only with a proof of that key. */
const dpop = z.boolean().optional();
/** The client ids of the provider by which its tokens name the client; its own id when absent. */
const credentials = z.array(credential).max(CREDENTIALS_MAX).optional();
const named = { id: clientId, credentials, dpop };

/**
 * Clients and staff as the operator declares them, applied whole at every start. A file under review and version
 * control is the first registry; clients and staff of the console stand beside it in the same tables.
 */
export const registryFile = z.strictObject({
  clients: z.array(
    z.discriminatedUnion('use', [
      z.strictObject({
        ...named,
        use: z.literal('identity'),
        revealPurposes: z.array(z.enum(REVEAL_PURPOSES)),
        // Nothing when absent.
        vouchesFor: z.array(z.enum(VOUCHED)).optional(),
      }),
      z.strictObject({
        ...named,
        use: z.literal('health'),
        purposes: z.array(z.enum(PURPOSE_NAMES)),
      }),
    ]),
  ),
  staff: z.array(
    z.strictObject({
      issuer: z.url().optional(),
      subject: z.string().min(1).max(255),
      roles: z.array(z.enum(STAFF_ROLES)).min(1),
      regions: regionCodes.optional(),
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

/**
 * Roles that would count for nobody are a mistake in one of the two files, and an old one would come into force with the next
 * change of the other.
 * @param first issuer of those for whom none is named
 * @throws where staff are named of a provider that is not set up, or that may have none; the start stops then
 */
export function refuseStaffElsewhere(
  { staff }: RegistryFile,
  providers: readonly { readonly issuer: string; readonly staff: boolean }[],
  first: string,
): void {
  const allowed = new Set(providers.filter((provider) => provider.staff).map(({ issuer }) => issuer));
  const places = staff.flatMap(({ issuer = first }, at) =>
    allowed.has(issuer) ? [] : [`staff.${at}.issuer`],
  );
  if (places.length > 0)
    throw new Error(`REGISTRY_FILE names staff of a provider without staff at: ${places.join(', ')}`);
}
