import { defineAction } from '@integument/audit-log';
import { z } from 'zod';

const number = z.int().nonnegative();

export const productsImported = defineAction(
  'products.import',
  z.strictObject({ added: number, changed: number, unchanged: number, refused: number }),
);
