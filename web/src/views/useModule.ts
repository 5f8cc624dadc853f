import { useEffect, useState } from 'preact/hooks';

/** A part of the page that is fetched when it is shown first: null until then. */
export function useModule<Module>(load: () => Promise<Module>): {
  module: Module | null;
  failed: boolean;
} {
  const [state, setState] = useState<{ module: Module | null; failed: boolean }>({
    module: null,
    failed: false,
  });
  useEffect(() => {
    let gone = false;
    load().then(
      (module) => !gone && setState({ module, failed: false }),
      () => !gone && setState({ module: null, failed: true }),
    );
    return () => {
      gone = true;
    };
  }, []);
  return state;
}
