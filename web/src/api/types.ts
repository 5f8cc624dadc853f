// The JSON of /api/v1, as docs/http.md describes it; whole numbers beyond 2^53 are texts (json.ts).

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** A request's fields by name; what is absent has its default. */
export type RequestValues = Record<string, Json>;

export interface Problem {
  field: string;
  message: string;
}

export type FieldKind =
  | 'text'
  | 'lines'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'choice'
  | 'integers'
  | 'numbers'
  | 'records';

/** One row of the server's table of settings. */
export interface Field {
  name: string;
  kind: FieldKind;
  group: string;
  label: string;
  limits: string;
  choices: string[] | null;
  minimum: number | string | null;
  maximum: number | string | null;
  help: string;
  scope: 'picture' | 'film' | 'machine';
  example: string;
  optional: boolean;
  default: Json;
  /** Modes in which it has an effect; null: all. */
  modes: string[] | null;
}

export interface Model {
  title: string;
  name: string;
  hash: string | null;
  family: string;
  supported: boolean;
  refusal: string;
  prediction: string;
  bytes: number;
  is_default: boolean;
  in_memory?: boolean;
  /** The address of the picture beside it; another one when that changes. */
  picture: string | null;
}

/** A file that prompts may name beside the model. */
export interface Addon {
  kind: 'lora' | 'embedding' | 'hypernetwork';
  name: string;
  /** The name that a LoRA was given when it was made, where that is another one. */
  alias: string;
  /** Where it lies below the folder of its kind: "styles/old". */
  folder: string;
  family: string;
  /** The widths of the texts that it is made for; empty: not known. */
  text_widths: number[];
  /** Words that it answers to. */
  activation: string;
  preferred_weight: number | null;
  description: string;
  notes: string;
  bytes: number;
  /** The address of the picture beside it; another one when that changes. */
  picture: string | null;
  /** Why it cannot be used; empty when it can. */
  refusal: string;
}

/** What lies in the models folders beside models. */
export interface AddonList {
  addons: Addon[];
  /** How wide the texts of each model are, by its name; 0: not known. */
  text_widths: Record<string, number>;
}

export interface Queue {
  waiting: string[];
  current: string | null;
  /** Why nothing is drawn, e.g. a full disk; empty when all is well. */
  paused: string;
}

export interface Limits {
  frames: number;
  pixels: number;
  body_bytes: number;
  upload_bytes: number;
  queue: number;
}

export interface Bootstrap {
  version?: string;
  fields: Field[];
  defaults: RequestValues;
  models: Model[];
  vaes: Model[];
  samplers: { name: string; aliases: string[] }[];
  schedulers: string[];
  modes: { name: string; label?: string; options: string[] }[];
  /** What the switch for smooth motion sets. */
  smooth: RequestValues;
  /** What models of few steps ask for. */
  few_steps: { name: string; label: string; request: RequestValues }[];
  limits: Limits;
  /** Words that the default model knows; empty for other models. */
  words: string[];
  example: { request: RequestValues; video: string };
  queue: Queue;
  models_dirs: string[];
  event: number;
}

export type JobState =
  'queued' | 'loading' | 'drawing' | 'assembling' | 'done' | 'cancelled' | 'failed' | 'interrupted';

export interface Progress {
  activity: string;
  done: number;
  total: number;
  unit: string;
  rate: number | null;
  seconds_left: number | null;
}

export interface ApiProblem {
  code: string;
  message: string;
  problems?: Problem[];
}

export interface Change {
  field: string;
  before: Json;
  after: Json;
}

export interface Job {
  id: string;
  number: number;
  name: string;
  title: string;
  state: JobState;
  place: number | null;
  created: number;
  started: number | null;
  finished: number | null;
  frames_total: number | null;
  frames_done: number;
  /** Which frames are there, as "0-13,26". */
  frames_ready: string;
  stage_frames: number[];
  request: RequestValues;
  folder: string | null;
  video: string | null;
  contact_sheet: string | null;
  error: ApiProblem | null;
  notes: string[];
  trashed: boolean;
  fps: number;
  changes: Change[];
  progress: Progress | null;
}

/** One distance of neighbouring frames. */
export interface MotionDistance {
  median: number;
  /** Null: infinite, as most steps are 0. */
  max_over_median: number | null;
  jumps: {
    from: { frame: number };
    to: { frame: number };
    distance: number;
    over_median: number | null;
  }[];
  /** From each frame to the next; null where one of the two is not there. */
  steps: (number | null)[];
}

/** How evenly a run moves. */
export interface Motion {
  /** From the finished run's own report; else of the frames that are there. */
  final: boolean;
  /** Pairs of neighbours that are not measured yet: who asks again gets more. */
  pending: number;
  frames: number;
  distances: Record<string, MotionDistance>;
}

export interface JobPage {
  jobs: Job[];
  next: number | null;
}

export interface StageCount {
  prompt: string;
  negative_prompt: string;
  tokens: number;
  negative_tokens: number;
  chunks: number;
  frame: number | null;
}

/** What the server says of a request without drawing it. */
export interface DryRun {
  frame_count: number | null;
  video_frames: number | null;
  seconds: number | null;
  stages: StageCount[];
  seconds_per_frame: number | null;
  estimate_seconds: number | null;
  problems: Problem[];
  notes: string[];
}

/** An uploaded picture, and what its parameters say. */
export interface Picture {
  id: string;
  init_image: string;
  width: number;
  height: number;
  parameters: PictureParameters | null;
}

export interface PictureParameters {
  program: string;
  text: string;
  request: RequestValues;
  model: string;
  model_hash: string;
  notes: string[];
  problems: Problem[];
}

export interface ProgressEvent extends Progress {
  id: string;
  /** Of the picture in work; null where there is none, e.g. while a model is loaded. */
  frame: number | null;
  step: number | null;
  steps: number | null;
}

export interface PreviewEvent {
  number: number;
  id: string;
  /** Null where it is not known yet which frame of the film this picture will be. */
  frame: number | null;
  step: number;
  steps: number;
}

export interface SnapshotEvent {
  queue: Queue;
  current: Job | null;
  jobs: Job[];
  version: string;
}

/** What the event stream brings, by name. */
export interface EventData {
  snapshot: SnapshotEvent;
  job: Job;
  progress: ProgressEvent;
  frame: { id: string; index: number; frames_done: number };
  preview: PreviewEvent;
  removed: { id: string };
  note: { id: string; text: string };
  paused: { reason: string };
  models: Record<string, never>;
}

export type ServerEvent = {
  [Name in keyof EventData]: { name: Name; data: EventData[Name] };
}[keyof EventData];
