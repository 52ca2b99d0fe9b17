/** Exit codes: what is scored as failure is still a finished run. */
export const EXIT = { done: 0, broke: 1, mistake: 2, interrupted: 130 } as const;
