import { StreamableFile } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Answer } from './answer.js';
import { COMPRESS_ABOVE } from './compression.js';
import type { Checked } from './implements.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Nest's adapter, taught to send what a contract let through, and to hand errors to the filter as they are. */
export class HttpAdapter extends FastifyAdapter {
  /**
   * Nest's adapter adds eight hooks to every request for features that are not used here: its CORS, its security headers,
   * its answers while closing, versioned routes, the paths of middleware. What they would do is done by this library, or
   * can't be asked for (there is no middleware). Together they cost a tenth of the time of a small request.
   */
  constructor(instance: FastifyInstance) {
    super(withoutHooks(instance) as never);
    this.setInstance(instance as never);
  }

  /** Set once, before the first route: Nest would set it after the last, too late for those of the platform. */
  override setErrorHandler(): FastifyInstance {
    return this.instance;
  }

  /** Nest would load its middleware engine here, one hook more. */
  override init(): Promise<void> {
    return Promise.resolve();
  }

  /** Middleware is matched by path text, and encoded paths have slipped past it before: there is none here. */
  override createMiddlewareFactory(): never {
    throw new Error('middleware is not supported: use a contract, a resolver or a parameter decorator');
  }

  override reply(response: FastifyReply, body: Checked, status?: number): FastifyReply {
    if (body instanceof StreamableFile) return super.reply(response, body, status);
    if (status !== undefined) response.code(status);
    if (body instanceof Answer) return this.replyAnswer(response, body);
    return sendText(response, body);
  }

  private replyAnswer(
    response: FastifyReply,
    answer: Answer<string | StreamableFile | undefined>,
  ): FastifyReply {
    response.headers(answer.headers);
    if (answer.redirectsTo !== undefined) return response.redirect(answer.redirectsTo, answer.status);
    if (answer.status !== undefined) response.code(answer.status);
    if (answer.body instanceof StreamableFile) return super.reply(response, answer.body);
    return sendText(response, answer.body);
  }

  /** Fastify's errors keep their type: the filter tells them apart, and none of their texts is used. */
  override mapException(error: unknown): unknown {
    return error;
  }
}

function withoutHooks(instance: FastifyInstance): FastifyInstance {
  return new Proxy(instance, {
    get: (target, name) => (name === 'addHook' ? () => target : (Reflect.get(target, name) as unknown)),
  });
}

function sendText(reply: FastifyReply, text: string | undefined): FastifyReply {
  if (text === undefined) return reply.send();
  reply.header('content-type', JSON_TYPE);
  if (text.length < COMPRESS_ABOVE) return reply.send(text);
  reply.compress(text);
  return reply;
}
