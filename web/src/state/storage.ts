/** Values by name, which outlive the page. */
export interface KeptValues {
  /** Null where there is none, or none that can be read. */
  read: (name: string) => unknown;
  write: (name: string, value: unknown) => void;
}

/** A storage of the browser, asked for at each use: where it is off, asking for it throws. */
function keptIn(place: () => Storage): KeptValues {
  return {
    read(name) {
      try {
        const text = place().getItem(`prompt-travel.${name}`);
        return text === null ? null : JSON.parse(text);
      } catch {
        return null;
      }
    },
    write(name, value) {
      try {
        place().setItem(`prompt-travel.${name}`, JSON.stringify(value));
      } catch {
        // Off or full: the page works without, it only forgets.
      }
    },
  };
}

/** What belongs to the browser. */
export const storage = keptIn(() => localStorage);

/** What belongs to this tab alone and survives its reload: the form, the chosen run. */
export const tabStorage = keptIn(() => sessionStorage);
