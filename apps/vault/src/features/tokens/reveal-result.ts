import { CodedError, type RevealResult } from '@integument/contracts';

/** What one entry of many is answered with. */
export function revealResult(told: RevealResult | CodedError): RevealResult {
  if (!(told instanceof CodedError)) return told;
  return { code: told.code as Extract<RevealResult, { code: string }>['code'] };
}
