import type { product } from '@integument/contracts';
import type { z } from 'zod';

/** A product as an importer writes it. */
export type ProductInput = z.input<typeof product>;
