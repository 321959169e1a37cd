/** Moved to src/model/; this re-export goes once nothing imports it. */
export * from '../model/fault.ts';
export * from '../model/health.ts';
export * from '../model/lab.ts';
export * from '../model/node.ts';
export * from '../model/ospf.ts';
export * from '../model/service.ts';
export * from '../model/snat.ts';
export * from '../model/step.ts';
export * from '../model/vrrp.ts';
export * from '../model/words.ts';
