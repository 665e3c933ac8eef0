import { answerQuestions } from '../side-process.js';
import { serveUnguarded } from './unguarded-server.js';

export interface TwinQuestion {
  /** of a replica of the vault */
  readonly environment: NodeJS.ProcessEnv;
}

export interface TwinAnswer {
  /** where the same routes are open to anybody */
  readonly unguarded: number;
}

/**
 * One more replica of the vault, and in its very process its unguarded twin. In a process of its own the twin would have a heap and
 * machine code of its own: two processes of the same program were measured to lie a fifth apart, which is as much as all guards cost.
 */
async function serveBoth({ environment }: TwinQuestion): Promise<TwinAnswer> {
  Object.assign(process.env, environment);
  await import('../../apps/vault/src/main.js');
  return { unguarded: await serveUnguarded() };
}

answerQuestions(serveBoth);
