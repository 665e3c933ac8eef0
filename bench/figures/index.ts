import type { Figure } from '../figure.js';
import { auditAppend } from './audit-append.js';
import { enrolBatch } from './enrol-batch.js';
import { enrolSingle } from './enrol-single.js';
import { httpNoop } from './http-noop.js';

/** Every figure there is, in the order of measuring. */
export const FIGURES: readonly Figure[] = [httpNoop, enrolSingle, enrolBatch, auditAppend];
