// The mask of the init picture, drawn by hand.

import '../styles/mask.css';

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { NumberInput } from '../controls/NumberInput';
import { fill, invert, MaskHistory, newMask, type Mask } from '../model/mask';
import { maskFor, masksOf, needsOthers, unmasked, uploadOf, withMask } from '../model/maskField';
import { doc, form, setField } from '../state/form';
import { say } from '../state/messages';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { Dialog } from './Dialog';
import { MaskCanvas } from './MaskCanvas';
import { loadPicture, maskOfPicture, uploadMask } from './maskPictures';
import { useWidth } from './useWidth';

/** What is drawn on: the picture, and its mask with the steps that were made. */
interface Sheet {
  picture: HTMLImageElement;
  mask: Mask;
  history: MaskHistory;
  /** Why the mask is not the one of before; empty where it is. */
  note: string;
}

const mostZoom = 16;

/** The picture and the mask that a stage has now. */
async function openSheet(stage: number | null): Promise<Sheet> {
  const { values } = doc();
  const init = uploadOf(String(values.init_image ?? ''));
  if (init === null) throw new Error('There is no init picture.');
  const picture = await loadPicture(init);
  const { naturalWidth: width, naturalHeight: height } = picture;
  const upload = uploadOf(maskFor(values.mask ?? '', stage));
  const before = upload === null ? null : await loadPicture(upload).catch(() => null);
  const mask = before ? maskOfPicture(before, width, height) : newMask(width, height);
  const note =
    upload !== null && before === null
      ? 'The mask that was drawn before is no longer on the server: this one begins empty.'
      : '';
  return { picture, mask, history: new MaskHistory(mask), note };
}

/** Keeps a mask in the form, for one stage or for all. */
async function keepMask(mask: Mask, stage: number | null): Promise<void> {
  const upload = await uploadMask(mask);
  const { values, stages } = doc();
  const value = values.mask ?? '';
  const others = needsOthers(value, stage, stages.length)
    ? await uploadMask(newMask(mask.width, mask.height, unmasked(values.invert_mask)))
    : upload;
  setField('mask', withMask(value, stage, stages.length, upload, others));
  ui.set({ dialog: null });
  say(stage === null ? 'The mask is taken over.' : `The mask of stage ${stage + 1} is taken over.`);
}

export function MaskEditor() {
  const stages = useStore(form, (state) => state.history.present.stages.length);
  const values = useStore(form, (state) => state.history.present.values);
  const several = masksOf(values.mask ?? '').length > 1;
  const [stage, setStage] = useState<number | null>(several ? 0 : null);
  const [sheet, setSheet] = useState<Sheet | null>(null);
  const [problem, setProblem] = useState('');
  const [radius, setRadius] = useState(16);
  const [softness, setSoftness] = useState(0);
  const [erase, setErase] = useState(false);
  const [plain, setPlain] = useState(false);
  const [zoom, setZoom] = useState<number | null>(null);
  const [version, setVersion] = useState(0);
  const [drawn, setDrawn] = useState(false);
  const [opening, setOpening] = useState(true);
  const [asks, setAsks] = useState(false);
  const [busy, setBusy] = useState(false);
  const room = useRef<HTMLDivElement>(null);
  const width = useWidth(room);
  /** How high the window is without the view, and what is left free above and below it. */
  const [around, setAround] = useState(330);
  useLayoutEffect(() => {
    const box = room.current?.closest<HTMLElement>('.dialog-inner');
    if (box && room.current) setAround(box.offsetHeight - room.current.offsetHeight + 26);
  }, [sheet, width]);
  // As `drawn`, for what began before.
  const drawnNow = useRef(false);

  useEffect(() => {
    let gone = false;
    // A mask that is being drawn is kept: it may be for another stage than was thought.
    const isKept = () => drawnNow.current || sheet?.history.inWork === true;
    setOpening(!isKept());
    if (isKept()) return undefined;
    const show = (next: Sheet | null, text: string) => {
      if (gone) return;
      setOpening(false);
      if (isKept()) return;
      setSheet(next);
      setProblem(text);
      if (!sheet && next) {
        const side = Math.min(next.mask.width, next.mask.height);
        setRadius(Math.max(2, Math.round(side / 16)));
      }
    };
    openSheet(stage).then(
      (next) => show(next, next.note),
      (error: unknown) => show(null, error instanceof Error ? error.message : String(error)),
    );
    return () => {
      gone = true;
    };
  }, [stage]);

  const fit = useMemo(() => {
    if (!sheet) return 1;
    const height = Math.max(200, window.innerHeight - around);
    return Math.min(width / sheet.mask.width, height / sheet.mask.height, mostZoom);
  }, [sheet, width, around]);
  const shownZoom = zoom ?? fit;
  const zoomTo = (next: number) => setZoom(Math.min(mostZoom, Math.max(fit / 2, next)));
  const most = sheet ? Math.max(sheet.mask.width, sheet.mask.height) : 512;
  const brush = { radius, softness: softness / 100, erase };

  const changedBy = (action: (history: MaskHistory) => unknown) => {
    if (!sheet || !action(sheet.history)) return;
    drawnNow.current = true;
    setDrawn(true);
    setVersion((now) => now + 1);
  };
  const undo = () => changedBy((history) => history.undo());
  const redo = () => changedBy((history) => history.redo());
  const all = (action: (mask: Mask) => void) => changedBy((history) => history.change(action));
  const resize = (factor: number) =>
    setRadius((now) => {
      const next = Math.round(now * factor);
      return Math.min(most, Math.max(1, next === now ? now + Math.sign(factor - 1) : next));
    });

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (target.matches('input[type=number], select')) return;
    const command = event.ctrlKey || event.metaKey;
    if (!command && event.key.length === 1 && !ui.get().letterKeys) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const keys: Record<string, () => void> = command
      ? { z: event.shiftKey ? redo : undo, y: redo }
      : {
          b: () => setErase(false),
          e: () => setErase(true),
          '[': () => resize(0.8),
          ']': () => resize(1.25),
          i: () => all(invert),
          f: () => all((mask) => fill(mask, 255)),
          Delete: () => all((mask) => fill(mask, 0)),
          '+': () => zoomTo(shownZoom * 1.25),
          '-': () => zoomTo(shownZoom / 1.25),
          '0': () => setZoom(null),
        };
    const action = event.altKey ? undefined : keys[key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  const keep = async () => {
    if (!sheet) return;
    setBusy(true);
    setProblem('');
    try {
      await keepMask(sheet.mask, stage);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  const mayClose = () => {
    if (drawn && !busy) setAsks(true);
    return !drawn;
  };
  return (
    <Dialog title="Mask" wide mayClose={mayClose}>
      <div class="mask-editor" onKeyDown={onKeyDown}>
        <div class="mask-tools" role="group" aria-label="Tools">
          <div class="segmented" role="group" aria-label="Tool">
            <button type="button" aria-pressed={!erase} onClick={() => setErase(false)}>
              Brush
            </button>
            <button type="button" aria-pressed={erase} onClick={() => setErase(true)}>
              Erase
            </button>
          </div>
          <Amount
            id="mask-size"
            label="Size"
            value={radius}
            from={1}
            to={most}
            slider={Math.ceil(most / 3)}
            onValue={setRadius}
          />
          <Amount
            id="mask-softness"
            label="Soft edge, %"
            value={softness}
            from={0}
            to={100}
            slider={100}
            onValue={setSoftness}
          />
          <div class="row">
            <Tool label="Undo" off={!sheet?.history.canUndo} act={undo} />
            <Tool label="Redo" off={!sheet?.history.canRedo} act={redo} />
            <Tool label="Invert" off={!sheet} act={() => all(invert)} />
            <Tool label="Fill" off={!sheet} act={() => all((mask) => fill(mask, 255))} />
            <Tool label="Clear" off={!sheet} act={() => all((mask) => fill(mask, 0))} />
          </div>
        </div>
        <div class="mask-room" ref={room} style={{ '--around': `${around}px` }}>
          {sheet ? (
            <MaskCanvas
              {...sheet}
              brush={brush}
              zoom={shownZoom}
              plain={plain}
              version={version}
              onZoom={zoomTo}
              onChange={() => changedBy(() => true)}
            />
          ) : (
            <p class="quiet">{problem === '' ? 'Opening…' : ''}</p>
          )}
        </div>
        <div class="mask-tools">
          <div class="row" role="group" aria-label="View">
            <Tool label="−" name="Smaller view" act={() => zoomTo(shownZoom / 1.25)} />
            <span class="mask-zoom">{Math.round(shownZoom * 100)} %</span>
            <Tool label="+" name="Larger view" act={() => zoomTo(shownZoom * 1.25)} />
            <Tool label="Whole picture" act={() => setZoom(null)} />
          </div>
          <label class="check check-small">
            <input
              type="checkbox"
              checked={plain}
              onChange={(event) => setPlain(event.currentTarget.checked)}
            />
            <span>Black and white</span>
          </label>
          <p class="quiet mask-note">
            {values.invert_mask === true
              ? 'What is marked stays, the rest is drawn anew.'
              : 'What is marked is drawn anew, the rest stays.'}
          </p>
        </div>
        <p class="field-problem" role="alert">
          {problem}
        </p>
        {asks && (
          <div class="ask" role="alert">
            <span>What was drawn is not in the form yet.</span>
            <button type="button" class="button" onClick={() => setAsks(false)}>
              Go on drawing
            </button>
            <button type="button" class="button" onClick={() => ui.set({ dialog: null })}>
              Throw it away
            </button>
          </div>
        )}
        <div class="mask-tools mask-foot">
          {stages > 1 && (
            <label class="mask-stage">
              <span class="quiet">For</span>
              <select
                class="select"
                value={stage === null ? '' : String(stage)}
                onChange={(event) => {
                  const { value } = event.currentTarget;
                  setStage(value === '' ? null : Number(value));
                }}
              >
                <option value="">all stages</option>
                {Array.from({ length: stages }, (_, i) => (
                  <option key={i} value={i}>
                    stage {i + 1}
                  </option>
                ))}
              </select>
            </label>
          )}
          <button
            type="button"
            class="button button-run"
            disabled={!sheet || busy || opening}
            onClick={() => void keep()}
          >
            {busy ? 'Sending the mask…' : 'Use this mask'}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function Tool(props: { label: string; name?: string; off?: boolean; act: () => void }) {
  return (
    <button
      type="button"
      class="button"
      aria-label={props.name}
      title={props.name}
      disabled={props.off ?? false}
      onClick={props.act}
    >
      {props.label}
    </button>
  );
}

/** A number with a slider that reaches as far as is usual. */
function Amount(props: {
  id: string;
  label: string;
  value: number;
  from: number;
  to: number;
  slider: number;
  onValue: (value: number) => void;
}) {
  const { id, label, value, from, to } = props;
  return (
    <div class="mask-amount">
      <label for={id}>{label}</label>
      <input
        type="range"
        aria-label={`${label}, slider`}
        min={from}
        max={props.slider}
        value={value}
        onInput={(event) => props.onValue(Number(event.currentTarget.value))}
      />
      <NumberInput
        id={id}
        class="input number"
        min={from}
        max={to}
        step="any"
        value={value}
        empty={null}
        onValue={(next) => {
          if (typeof next === 'number' && next >= from && next <= to) props.onValue(next);
        }}
      />
    </div>
  );
}
