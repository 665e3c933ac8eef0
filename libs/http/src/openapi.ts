import { PROBLEM_TYPE, problem, type RouteContract, routeClassOf } from '@integument/contracts';
import { z } from 'zod';
import { LINES_TYPE } from './form-body.js';

const JSON_TYPE = 'application/json';

const FORM = 'application/x-www-form-urlencoded';

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** base URL */
  readonly url: string;
  /** by which people and staff are known; undefined where there are no sessions */
  readonly sessionCookie: string | undefined;
}

type Json = Record<string, unknown>;

const SECURITY: Readonly<Record<string, readonly string[]>> = {
  person: ['session'],
  staff: ['session'],
  'identity-client': ['token', 'boundToken'],
  'health-client': ['token', 'boundToken'],
  'api-process': ['certificate'],
};

/** draft-ietf-httpapi-ratelimit-headers: structured fields, so text to JSON Schema. */
const LIMIT_HEADERS = {
  'RateLimit-Policy': {
    description: 'The class of the route, its quota and the seconds of its window: `"read";q=300000;w=60`',
    schema: { type: 'string' },
  },
  RateLimit: {
    description:
      'What the caller has left in the class, and seconds until it begins anew: `"read";r=299999;t=42`',
    schema: { type: 'string' },
  },
};

function rateLimited(): Json {
  return {
    description: 'The allowance of this class is spent (`request.rate_limited`)',
    headers: {
      'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } },
      'RateLimit-Policy': { $ref: '#/components/headers/RateLimit-Policy' },
      RateLimit: { $ref: '#/components/headers/RateLimit' },
    },
    content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

/** OpenAPI 3.1 (whose schemas are JSON Schema 2020-12), from the contracts and nothing else. */
export function openApi(info: ApiInfo, contracts: readonly RouteContract[]): Json {
  const paths: Record<string, Json> = {};
  for (const contract of contracts) {
    const path = contract.path.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{*}');
    paths[path] = { ...paths[path], [contract.method.toLowerCase()]: operation(contract) };
  }
  return {
    openapi: '3.1.0',
    info: { title: info.title, version: info.version, description: info.description },
    servers: [{ url: info.url }],
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      headers: LIMIT_HEADERS,
      responses: { RateLimited: rateLimited() },
      securitySchemes: {
        ...(info.sessionCookie && {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: info.sessionCookie,
            description: 'Session of a person or staff',
          },
        }),
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        boundToken: {
          type: 'http',
          scheme: 'DPoP',
          description: 'A token that is bound to a key, with a proof of it in the header DPoP (RFC 9449)',
        },
        certificate: { type: 'mutualTLS' },
      },
    },
  };
}

function operation(contract: RouteContract): Json {
  const { id, summary, tag, params, query, body, audience, factor, stepUp } = contract;
  const schemes = schemesOf(contract);
  return {
    operationId: id,
    summary,
    tags: [tag],
    'x-audience': audience,
    'x-route-class': routeClassOf(contract),
    ...(contract.ability && { 'x-ability': contract.ability }),
    ...(audience.includes('staff') && { 'x-second-factor': stepUp ? 'fresh' : (factor ?? 'used') }),
    ...(contract.problems && { 'x-problems': contract.problems }),
    security: [...(audience.includes('public') ? [{}] : []), ...schemes.map((scheme) => ({ [scheme]: [] }))],
    parameters: [...parameters('path', params), ...parameters('query', query)],
    ...(body && {
      requestBody: {
        required: true,
        content: { [contract.form ? FORM : JSON_TYPE]: { schema: schemaOf(body, 'input') } },
      },
    }),
    // Lines have no schema, as streams that are sent have none.
    ...(contract.lines && { requestBody: { required: true, content: { [LINES_TYPE]: {} } } }),
    responses: responses(contract),
  };
}

function schemesOf({ audience, dpop }: RouteContract): string[] {
  const all = new Set(audience.flatMap((kind) => SECURITY[kind] ?? []));
  if (dpop) all.delete('token');
  return [...all];
}

function responses(contract: RouteContract): Json {
  const { status = 200, reply, media = [] } = contract;
  const json = reply && { [JSON_TYPE]: { schema: schemaOf(reply, 'output') } };
  // A stream has no schema: what stands in it is said by the contract's summary.
  const content = { ...json, ...Object.fromEntries(media.map((type) => [type, {}])) };
  return {
    [String(status)]: { description: 'Done', ...(Object.keys(content).length > 0 && { content }) },
    ...(routeClassOf(contract) !== 'internal' && { 429: { $ref: '#/components/responses/RateLimited' } }),
    default: {
      description: 'Refused or failed',
      content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  };
}

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(typeof property.description === 'string' && { description: property.description }),
    schema: property,
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  // A type that JSON Schema can't say (a transform's result) becomes "anything" here; validation keeps its rule.
  const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  // OpenAPI 3.1 names the dialect once for the whole document, by default this one.
  delete json.$schema;
  return json;
}
