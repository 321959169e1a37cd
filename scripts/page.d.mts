/** Returns the shell of a report's page, in which `@@DATA@@` stands for the data. */
export function pageShell(): Promise<string>;

/** Returns the live page, which may connect to its own server only. */
export function livePage(): Promise<string>;
