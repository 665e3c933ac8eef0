import { bodyCare } from './body-care.js';
import { cleansers } from './cleansers.js';
import { essences } from './essences.js';
import { exfoliants } from './exfoliants.js';
import { eyeCare } from './eye-care.js';
import { faceOils } from './face-oils.js';
import { lipCare } from './lip-care.js';
import { masks } from './masks.js';
import { moisturisers } from './moisturisers.js';
import type { ProductInput } from './product-input.js';
import { serums } from './serums.js';
import { sunscreens } from './sunscreens.js';
import { toners } from './toners.js';
import { treatments } from './treatments.js';

/**
 * The catalogue that the embedded run starts with, for demonstration: every brand, product and price is invented, and
 * none of the formulas exists. Body of a product import as it stands.
 */
export const demoCatalogue: readonly ProductInput[] = [
  ...cleansers,
  ...exfoliants,
  ...toners,
  ...essences,
  ...serums,
  ...eyeCare,
  ...moisturisers,
  ...faceOils,
  ...sunscreens,
  ...masks,
  ...treatments,
  ...lipCare,
  ...bodyCare,
];
