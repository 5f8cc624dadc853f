import type { Problem } from '../api/types';
import { server } from './server';

/** A field as the page calls it. */
export function fieldLabel(field: string): string {
  return server.get().boot?.fields.find(({ name }) => name === field)?.label ?? field;
}

/** "Sampling steps: 0, expected a whole number from 1 to 1000". */
export function problemText({ field, message }: Problem): string {
  return field === '' ? message : `${fieldLabel(field)}: ${message}`;
}
