/** Returns the shell of a report's page, in which `@@DATA@@` stands for the data. */
export function pageShell(): Promise<string>;
