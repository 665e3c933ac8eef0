import { setImmediate } from 'node:timers/promises';
import type { BodyOf, ParamsOf, QueryOf, ReplyOf, RouteContract } from '@integument/contracts';
import { HttpCode, RequestMapping, RequestMethod, SetMetadata, StreamableFile } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Answer } from './answer.js';

export const CONTRACT_METADATA = 'integument:contract';

/** What `@Input()` gives to the method that implements a contract: parsed, so typed and free of unknown fields. */
export interface InputOf<R extends RouteContract> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: a method without a reply may simply not return
type NoReply<R extends RouteContract> = ReplyOf<R> extends undefined ? void : never;
type Streamed = StreamableFile | Answer<StreamableFile>;
type Result<R extends RouteContract> = ReplyOf<R> | Answer<ReplyOf<R>> | Streamed | NoReply<R>;
type Method<R extends RouteContract> = (...args: never[]) => Result<R> | Promise<Result<R>>;

/** A method answered with something that its contract does not describe: a defect of ours, and a 500. */
export class ReplyMismatch extends Error {
  override readonly name = 'ReplyMismatch';
}

/** What the adapter gets: text that has passed the contract, an answer around such text, a stream, or nothing. */
export type Checked = string | Answer<string | StreamableFile | undefined> | StreamableFile | undefined;

/**
 * Makes a controller method the implementation of a contract: its HTTP method, path and status, the guard's question, the
 * validation of its input, and what may leave. Whatever the method returns is parsed by the contract's reply first, so a
 * field that was not declared never leaves, and a reply that does not fit is not sent at all.
 *
 * The wrapped method gives JSON text, not an object: Nest compares the source of an object's constructor with that of
 * `Object` for every reply, to see whether it might be a stream.
 *
 * Replies that are ready in one turn of the event loop leave in a row at its end. Each wakes whoever reads it, which costs more than
 * making it does; with something to compute between two of them the reader would be asleep again.
 */
export function Implements<R extends RouteContract>(contract: R) {
  return <M extends Method<R>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const original = descriptor.value as M;
    const checked = async function (this: unknown, ...args: unknown[]): Promise<Checked> {
      const result: unknown = await original.apply(this, args as never[]);
      const reply = checkReply(contract, result);
      await setImmediate();
      return reply;
    };
    Object.defineProperty(checked, 'name', { value: original.name });
    for (const name of Reflect.getMetadataKeys(original)) {
      Reflect.defineMetadata(name, Reflect.getMetadata(name, original), checked);
    }
    descriptor.value = checked as unknown as M;
    RequestMapping({ method: RequestMethod[contract.method], path: contract.path })(target, key, descriptor);
    HttpCode(contract.status ?? 200)(target, key, descriptor);
    RouteConfig({ contract })(target, key, descriptor);
    SetMetadata(CONTRACT_METADATA, contract)(target, key, descriptor);
  };
}

function checkReply(contract: RouteContract, result: unknown): Checked {
  // Streams (an export, say) are shaped where they are made. They are only for contracts that declare no reply.
  if (result instanceof StreamableFile && !contract.reply) return result;
  if (!(result instanceof Answer)) return textOf(contract, result);
  if (result.body instanceof StreamableFile && !contract.reply) return result.withBody(result.body);
  return result.redirectsTo === undefined ? result.withBody(textOf(contract, result.body)) : result;
}

function textOf(contract: RouteContract, body: unknown): string | undefined {
  if (!contract.reply) {
    if (body === undefined) return undefined;
    throw new ReplyMismatch(contract.id);
  }
  const parsed = contract.reply.safeParse(body);
  if (!parsed.success) throw new ReplyMismatch(contract.id, { cause: parsed.error });
  return JSON.stringify(parsed.data);
}
