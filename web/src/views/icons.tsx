// The few pictures on buttons: the player's and the dice. Everything else has words.

import type { ComponentChildren } from 'preact';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const Play = () => (
  <Icon>
    <path d="M4 2.5v11l9.5-5.5z" fill="currentColor" />
  </Icon>
);
export const Pause = () => (
  <Icon>
    <path d="M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z" fill="currentColor" />
  </Icon>
);
export const StepBack = () => (
  <Icon>
    <path d="M12.5 3v10L5.5 8zM3.5 3h1.5v10H3.5z" fill="currentColor" />
  </Icon>
);
export const StepOn = () => (
  <Icon>
    <path d="M3.5 3v10l7-5zM11 3h1.5v10H11z" fill="currentColor" />
  </Icon>
);
export const StageBack = () => (
  <Icon>
    <path d="M8 3v10L2.5 8zM13.5 3v10L8 8z" fill="currentColor" />
  </Icon>
);
export const StageOn = () => (
  <Icon>
    <path d="M2.5 3v10L8 8zM8 3v10l5.5-5z" fill="currentColor" />
  </Icon>
);
export const Dice = () => (
  <Icon>
    <rect
      x="2"
      y="2"
      width="12"
      height="12"
      rx="2.5"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
    />
    <circle cx="5.4" cy="5.4" r="1.1" fill="currentColor" />
    <circle cx="10.6" cy="5.4" r="1.1" fill="currentColor" />
    <circle cx="8" cy="8" r="1.1" fill="currentColor" />
    <circle cx="5.4" cy="10.6" r="1.1" fill="currentColor" />
    <circle cx="10.6" cy="10.6" r="1.1" fill="currentColor" />
  </Icon>
);
export const Recycle = () => (
  <Icon>
    <path
      d="M13 8a5 5 0 1 1-1.5-3.6M13 1.8v3h-3"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </Icon>
);
export const Dots = () => (
  <Icon>
    <circle cx="3" cy="8" r="1.4" fill="currentColor" />
    <circle cx="8" cy="8" r="1.4" fill="currentColor" />
    <circle cx="13" cy="8" r="1.4" fill="currentColor" />
  </Icon>
);
export const Grip = () => (
  <Icon>
    <path
      d="M5 4h1.6v1.6H5zM9.4 4H11v1.6H9.4zM5 7.2h1.6v1.6H5zM9.4 7.2H11v1.6H9.4zM5 10.4h1.6V12H5zM9.4 10.4H11V12H9.4z"
      fill="currentColor"
    />
  </Icon>
);
