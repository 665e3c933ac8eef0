import { CodedError } from '@integument/contracts';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { CONTRACT_METADATA } from './implements.js';
import type { HttpRequest } from './request.js';

/**
 * Denies by default: a method runs only for a request that was admitted under the very contract it implements. This
 * catches a method without a contract, and any way into a method that does not lead through the admission.
 */
@Injectable()
export class ContractGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { admitted } = context.getArgByIndex<HttpRequest>(0);
    if (admitted && admitted === Reflect.getMetadata(CONTRACT_METADATA, context.getHandler())) return true;
    throw new CodedError('request.unknown_route', 404, 'There is nothing at this address.');
  }
}
