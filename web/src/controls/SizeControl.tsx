import { Labelled } from './Labelled';
import { NumberInput } from './NumberInput';
import { useField, type FieldUse } from './useField';

function Side({ use }: { use: FieldUse }) {
  const { field } = use;
  return (
    <Labelled use={use}>
      <NumberInput
        class="input number"
        {...use.aria}
        min={0}
        {...(field.maximum === null ? {} : { max: field.maximum })}
        step={8}
        value={use.value}
        empty={0}
        placeholder="model's"
        onValue={(next) => use.set(next)}
      />
    </Labelled>
  );
}

/** Width and height, and a button that exchanges them. */
export function SizeControl() {
  const width = useField('width');
  const height = useField('height');
  if (!width || !height) return null;
  return (
    <div class="size">
      <Side use={width} />
      <button
        class="button button-icon"
        type="button"
        aria-label="Exchange width and height"
        title="Exchange width and height"
        onClick={() => {
          const before = width.value;
          width.set(height.value);
          height.set(before);
        }}
      >
        ⇄
      </button>
      <Side use={height} />
    </div>
  );
}
