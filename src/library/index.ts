/** lvslab as a library: `import { Lab } from 'lvslab'`. */
export type { CheckResult, Counts, Event, Verdict } from '../events.ts';
export { Failure } from '../failure.ts';
export type { Distribution } from '../report/distribution.ts';
export type { Report } from '../report/report.ts';
export type { Capture } from './capture.ts';
export { Lab } from './lab.ts';
export type { Asked, CaptureOptions, Outages, Ran, TestOptions, UpOptions } from './options.ts';
