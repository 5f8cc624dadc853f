// The keys that the page knows, as its list shows them.

export interface KeyGroup {
  title: string;
  keys: { keys: string[]; does: string }[];
}

export const keyList: KeyGroup[] = [
  {
    title: 'Anywhere',
    keys: [
      { keys: ['Ctrl+Enter'], does: 'Run' },
      { keys: ['Ctrl+Shift+Enter'], does: 'Run next: to the front of the queue' },
      { keys: ['Esc', 'Esc'], does: 'Close what is open; else cancel the run in work' },
      {
        keys: ['Ctrl+Z', 'Ctrl+Shift+Z'],
        does: 'Undo, redo (text fields keep their own while focused)',
      },
      { keys: ['?'], does: 'This list' },
      { keys: ['/'], does: 'Search runs' },
      { keys: ['T'], does: 'Stages as text, or as cards' },
    ],
  },
  {
    title: 'In a prompt',
    keys: [
      { keys: ['Ctrl+Up', 'Ctrl+Down'], does: 'Weight of the word or selection' },
      { keys: ['Alt+Left', 'Alt+Right'], does: 'Move the part between commas' },
    ],
  },
  {
    title: 'On a stage card',
    keys: [
      { keys: ['Left', 'Right'], does: 'Stage before, next stage' },
      { keys: ['Shift+Left', 'Shift+Right'], does: 'One step fewer, one more before it' },
      { keys: ['Ctrl+Left', 'Ctrl+Right'], does: 'Change places with its neighbour' },
      { keys: ['1', '…', '9'], does: 'Go to a stage' },
      { keys: ['N'], does: 'New stage after this one' },
      { keys: ['Enter'], does: 'Edit its prompt' },
      { keys: ['Delete'], does: 'Remove it' },
    ],
  },
  {
    title: 'Player',
    keys: [
      { keys: ['Space'], does: 'Play, pause' },
      { keys: [',', '.'], does: 'One frame back, one on' },
      { keys: ['Home', 'End'], does: 'First frame, last frame' },
      { keys: ['[', ']'], does: 'Stage before, next stage' },
      { keys: ['C', 'M'], does: 'Compare; next way to compare' },
      { keys: ['F'], does: 'While comparing by flicker: hold for picture B' },
    ],
  },
  {
    title: 'Mask editor',
    keys: [
      { keys: ['B', 'E'], does: 'Brush, eraser' },
      { keys: ['[', ']'], does: 'Smaller, larger' },
      { keys: ['Ctrl+Z', 'Ctrl+Shift+Z'], does: 'Undo, redo' },
      { keys: ['I', 'F', 'Delete'], does: 'Invert, fill, clear' },
      { keys: ['+', '-', '0'], does: 'Larger view, smaller view, whole picture' },
      { keys: ['Arrows', 'Space'], does: 'On the picture: move the brush, touch with it' },
      { keys: ['Shift+Arrows'], does: 'Draw along' },
    ],
  },
  {
    title: 'Shown run',
    keys: [{ keys: ['S', 'P', 'A'], does: 'Take over its seed, its prompts, all settings' }],
  },
];
