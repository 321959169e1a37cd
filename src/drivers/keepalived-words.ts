/** What keepalived said about its configuration when it started. */
export interface StartWords {
  /** Its complaints, each once, in its own words: with the file and the line, where it knows them. */
  readonly complaints: readonly string[];
  /** Whether it has said that it has started: all complaints are there. keepalived 2.0 never says so. */
  readonly started: boolean;
}

/** A line of keepalived in the log of a node, with the time of day that keepalived writes. */
const LINE = /^keepalived: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}: (.*)$/;
/** The first and the last line of a start. */
const [FIRST, LAST] = [/^Starting Keepalived v/, /^Startup complete$/];

/**
 * How keepalived says that a part of its configuration has no effect, or another one than is written (report_config_error
 * in lib/parser.c, and lib/notify.c for scripts, of keepalived 2.3).
 */
const COMPLAINTS = [
  /^\((.+: )?Line \d+\) /,
  /^WARNING - /,
  /Warning - /,
  /\bdisabling\b/i,
  /\bignoring\b/i,
  /cannot be accessed/,
  /setting default/,
  /\bresetting\b/,
  /removing second/,
  /must match being address owner/,
  /Non-existent interface/,
];
/** What is not about the configuration, or has no effect on what it does: the kernel's version, and who runs scripts. */
const HARMLESS = [/ was built for /, /default user '?keepalived_script/];

/** Reads what keepalived said when it started last, from the log of its node. */
export function startWords(log: string): StartWords {
  const lines = log.split(/\r?\n/).flatMap((line) => LINE.exec(line.replace(/\r$/, ''))?.[1] ?? []);
  const start = lines.slice(
    Math.max(
      lines.findLastIndex((line) => FIRST.test(line)),
      0,
    ),
  );
  const end = start.findIndex((line) => LAST.test(line));
  const own = end < 0 ? start : start.slice(0, end);
  const told = own.filter((line) => COMPLAINTS.some((c) => c.test(line)) && !HARMLESS.some((h) => h.test(line)));
  return { complaints: [...new Set(told.map((line) => line.trimEnd()))], started: end >= 0 };
}
