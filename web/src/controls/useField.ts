import type { Field, Json } from '../api/types';
import { fieldTable, type FieldTable } from '../model/fields';
import { form, setField } from '../state/form';
import { server } from '../state/server';
import { useStore } from '../state/store';

let table: { fields: Field[]; map: FieldTable } = { fields: [], map: new Map() };

/** The server's table of fields by name. */
export function useFieldTable(): FieldTable {
  const fields = useStore(server, (state) => state.boot?.fields ?? table.fields);
  if (fields !== table.fields) table = { fields, map: fieldTable(fields) };
  return table.map;
}

/** What the server says is wrong with a field; empty when nothing is. */
export function useProblem(name: string): string {
  return useStore(form, ({ problems }) =>
    problems
      .filter((problem) => problem.field === name)
      .map((problem) => problem.message)
      .join(' '),
  );
}

/** What ties a control to its label, help and problem. */
export interface Ties {
  id: string;
  'aria-describedby': string;
  'aria-invalid': boolean;
  'aria-errormessage'?: string;
}

/** The ties of a control: its help has the id `${id}-help`, what is wrong with it `${id}-problem`. */
export function tiesOf(id: string, problem: string): Ties {
  const invalid = problem !== '';
  return {
    id,
    'aria-describedby': `${id}-help`,
    'aria-invalid': invalid,
    ...(invalid ? { 'aria-errormessage': `${id}-problem` } : {}),
  };
}

export interface FieldUse {
  field: Field;
  value: Json;
  problem: string;
  set: (value: Json) => void;
  aria: Ties & { name: string };
}

/** A field's description, value and problem; null where the server has no such field. */
export function useField(name: string): FieldUse | null {
  const field = useFieldTable().get(name);
  const problem = useProblem(name);
  const defaults = useStore(server, (state) => state.boot?.defaults);
  const own = useStore(form, (state) => state.history.present.values[name]);
  if (!field) return null;
  return {
    field,
    value: own ?? defaults?.[name] ?? field.default,
    problem,
    set: (value) => setField(name, value),
    aria: { ...tiesOf(`field-${name}`, problem), name },
  };
}
