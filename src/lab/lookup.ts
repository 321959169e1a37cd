/** Moved to src/model/; this re-export goes once nothing imports it. */
export * from '../model/lookup.ts';
