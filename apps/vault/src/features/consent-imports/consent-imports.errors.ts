import { notFound } from '@integument/contracts';

export const importNotFound = () => notFound('consent_imports.not_found');
