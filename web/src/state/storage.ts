/** The browser's storage; where it is off or full the page works without. */
export const storage = {
  read(name: string): unknown {
    try {
      const text = localStorage.getItem(`prompt-travel.${name}`);
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  },
  write(name: string, value: unknown): void {
    try {
      localStorage.setItem(`prompt-travel.${name}`, JSON.stringify(value));
    } catch {
      // Nothing to do: the form only forgets.
    }
  },
};

/** What belongs to this tab alone and survives its reload: the form, the chosen run. */
export const tabStorage = {
  read(name: string): unknown {
    try {
      const text = sessionStorage.getItem(`prompt-travel.${name}`);
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  },
  write(name: string, value: unknown): void {
    try {
      sessionStorage.setItem(`prompt-travel.${name}`, JSON.stringify(value));
    } catch {
      // As above.
    }
  },
};
