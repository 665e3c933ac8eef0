import { readFileSync } from 'node:fs';
import { secretFile, webUrl } from '@integument/http';
import { z } from 'zod';

/** An OpenID provider that people or staff sign in at. */
export interface OpenIdProvider {
  /** part of addresses: `?provider=staff`, `/v1/sign-in/callback/staff` */
  readonly id: string;
  /** shown on the page where one chooses */
  readonly name: string;
  /** exactly as the provider writes it, with or without a `/` at its end */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** whether roles of the staff table count for its accounts */
  readonly staff: boolean;
  /** levels of authentication (`acr`) of which one is asked for, and has to come back; any does when empty */
  readonly acrValues: readonly string[];
}

const providerId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
/** No control characters, and nothing that turns or hides the text around it. */
const providerName = z.string().regex(/^(?=\S)[^\p{C}\p{Zl}\p{Zp}]{1,60}$/u);
const acrValue = z.string().regex(/^[\x21-\x7e]{1,255}$/);

const providersFile = z.strictObject({
  providers: z
    .array(
      z
        .strictObject({
          id: providerId,
          name: providerName,
          issuer: webUrl('as the provider writes it'),
          clientId: z.string().min(1).max(255),
          clientSecretFile: secretFile('file with the secret'),
          staff: z.boolean(),
          acrValues: z.array(acrValue).default([]),
        })
        .transform(
          ({ clientSecretFile, ...provider }): OpenIdProvider => ({
            ...provider,
            clientSecret: clientSecretFile,
          }),
        ),
    )
    .min(1)
    .max(32),
});

/** The first provider by settings, as ever; others, if any, by a file. */
export const openIdSettings = {
  OIDC_ISSUER: webUrl('The OpenID provider; the first, where there are more'),
  OIDC_CLIENT_ID: z.string().default('integument').describe('The vault as a relying party'),
  OIDC_CLIENT_SECRET_FILE: secretFile('Its secret'),
  OIDC_ID: providerId.default('main').describe('Short name of this provider, for `?provider=`'),
  OIDC_NAME: providerName.default('Sign in').describe('What people read where they choose a provider'),
  OIDC_STAFF: z
    .enum(['yes', 'no'])
    .default('yes')
    .describe('Whether roles of the staff table count for accounts of this provider'),
  OIDC_ACR_VALUES: z
    .string()
    .default('')
    .transform((text) => text.split(' ').filter((value) => value !== ''))
    .pipe(z.array(acrValue))
    .describe(
      'Levels of authentication (`acr`) that a sign-in must have one of, apart by spaces; any when empty',
    ),
  OIDC_PROVIDERS_FILE: z
    .string()
    .transform(readProviders)
    .optional()
    .describe('More providers (JSON): see sign-in.md'),
  OIDC_TIMEOUT_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(30)
    .default(5)
    .describe('How long one request to a provider may take'),
};

export type OpenIdConfig = z.output<z.ZodObject<typeof openIdSettings>>;

/** All providers; where none is named, the first. */
export function openIdProviders(config: OpenIdConfig): [OpenIdProvider, ...OpenIdProvider[]] {
  const first: OpenIdProvider = {
    id: config.OIDC_ID,
    name: config.OIDC_NAME,
    issuer: config.OIDC_ISSUER,
    clientId: config.OIDC_CLIENT_ID,
    clientSecret: config.OIDC_CLIENT_SECRET_FILE,
    staff: config.OIDC_STAFF === 'yes',
    acrValues: config.OIDC_ACR_VALUES,
  };
  return [first, ...(config.OIDC_PROVIDERS_FILE ?? [])];
}

/**
 * For a schema's `superRefine`: no two providers with one id or name. Nor with one issuer: accounts are keyed by it, so that what
 * one of the two may not do, its people could do by the other.
 */
export function refuseTwinProviders(config: OpenIdConfig, issues: z.RefinementCtx): void {
  const providers = openIdProviders(config);
  const twins = (property: 'id' | 'name' | 'issuer', same: (value: string) => string) => {
    const values = providers.map((provider) => same(provider[property]));
    const second = values.findIndex((value, at) => values.indexOf(value) !== at);
    if (second === -1) return;
    const path = ['OIDC_PROVIDERS_FILE', 'providers', second - 1, property];
    issues.addIssue({ code: 'custom', path, message: 'twice' });
  };
  twins('id', (id) => id);
  twins('name', (name) => name.normalize('NFKC').toLowerCase());
  twins('issuer', (issuer) => new URL(issuer).href.replace(/\/+$/, ''));
}

function readProviders(path: string, context: z.RefinementCtx): OpenIdProvider[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  }
  const parsed = providersFile.safeParse(json);
  if (parsed.success) return parsed.data.providers;
  // Where it is wrong, and not what stands there.
  for (const issue of parsed.error.issues) context.addIssue({ code: 'custom', path: [...issue.path] });
  return z.NEVER;
}
