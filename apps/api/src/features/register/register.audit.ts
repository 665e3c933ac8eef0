import { defineAction } from '@integument/audit-log';
import { REGISTER_FORMATS } from '@integument/contracts';
import { z } from 'zod';

const details = z.strictObject({ version: z.int(), format: z.enum(REGISTER_FORMATS) });
export const registerRead = defineAction('register.read', details);
export const impactAssessmentRead = defineAction('register.impact_assessment', details);
