/** Before a step, when it was sent but not answered, or when the answer has come. */
export const MOMENTS = ['before', 'during', 'after'] as const;

/** When a process dies. */
export interface Death {
  /** which of its steps, from 0 */
  readonly at: number;
  readonly moment: (typeof MOMENTS)[number];
  /** steps count from where one that has this in its statement, or is of a `file`, comes for the so-manyth time */
  readonly behind?: { readonly times: number; readonly of: string };
}

/** What a mortal process is told, as JSON in the environment. */
export interface MortalTask {
  readonly role: 'integrate' | 'write' | 'archive';
  readonly databaseUrl: string;
  /** skey of the log, a test's */
  readonly key: string;
  readonly retiredKey?: string;
  /** an integrator that goes on until it is killed from outside */
  readonly forever?: boolean;
  readonly writer?: number;
  /** of the archive */
  readonly folder?: string;
  readonly death?: Death;
}
