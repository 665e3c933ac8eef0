import { z } from 'zod';

/** Media type of {@link problem} (RFC 9457, section 6.1). */
export const PROBLEM_TYPE = 'application/problem+json';

/** Every refusal and failure of both apps (RFC 9457). `code` is stable; texts may change. */
export const problem = z.object({
  type: z.string().describe('URN of the kind of problem'),
  title: z.string().describe('The status in words'),
  status: z.int(),
  code: z.string().describe('Stable, for programs: `request.invalid`'),
  detail: z.string().describe('One constant sentence; holds nothing of the request'),
  requestId: z.string().describe('Names this request in our logs and in the audit log'),
  errors: z
    .array(
      z.object({
        path: z.string().describe('Where: `body.people.3.email`; a name we did not declare is written `*`'),
        rule: z.string().describe('Which kind of rule was broken'),
      }),
    )
    .optional()
    .describe(
      'With `request.invalid` and `people.not_searchable`: the places that are wrong, never their values',
    ),
});

export type Problem = z.infer<typeof problem>;
