import type { ComponentProps } from 'preact';
import { useState } from 'preact/hooks';

import type { Json } from '../api/types';

type InputProps = Omit<ComponentProps<'input'>, 'value' | 'onInput' | 'onChange' | 'type' | 'role'>;

/** What was typed as a number, as text where it is none, as `empty` where there is nothing. */
export function typedNumber(text: string, empty: Json): Json {
  if (text.trim() === '') return empty;
  const number = Number(text);
  return Number.isFinite(number) && (Number.isSafeInteger(number) || !Number.isInteger(number))
    ? number
    : text;
}

/**
 * A number that is typed. While it has the focus it shows what is being typed, even "1." or "-".
 * `empty` is the value of an empty field.
 */
export function NumberInput(
  props: InputProps & { value: Json; empty: Json; onValue: (value: Json) => void },
) {
  const { value, empty, onValue, ...rest } = props;
  const [typing, setTyping] = useState<string | null>(null);
  const shown = value === empty ? '' : String(value ?? '');
  return (
    <input
      type="number"
      inputMode="decimal"
      autoComplete="off"
      {...rest}
      value={typing ?? shown}
      onInput={(event) => {
        const text = event.currentTarget.value;
        setTyping(text);
        if (event.currentTarget.validity.badInput) return;
        onValue(typedNumber(text, empty));
      }}
      onBlur={() => setTyping(null)}
    />
  );
}
