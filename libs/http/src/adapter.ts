import { StreamableFile } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Answer } from './answer.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Nest's adapter, taught about {@link Answer}, and with errors handed to the filter as they are. */
export class HttpAdapter extends FastifyAdapter {
  override reply(response: FastifyReply, body: unknown, status?: number): FastifyReply {
    if (body instanceof StreamableFile) return super.reply(response, body, status);
    if (body instanceof Answer) return sendAnswer(response, body, status);
    if (status !== undefined) response.code(status);
    return sendBody(response, body);
  }

  /** Fastify's errors keep their type: the filter tells them apart, and none of their texts is used. */
  override mapException(error: unknown): unknown {
    return error;
  }
}

function sendAnswer(reply: FastifyReply, answer: Answer<unknown>, status: number | undefined): FastifyReply {
  reply.headers(answer.headers);
  if (answer.redirectsTo !== undefined) return reply.redirect(answer.redirectsTo, answer.status);
  reply.code(answer.status ?? status ?? 200);
  return sendBody(reply, answer.body);
}

function sendBody(reply: FastifyReply, body: unknown): FastifyReply {
  if (body === undefined) return reply.send();
  return reply.header('content-type', JSON_TYPE).send(JSON.stringify(body));
}
