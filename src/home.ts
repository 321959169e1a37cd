import { fileURLToPath } from 'node:url';

/** The project's own folder, where labs/ and images/ lie: the parent of src/ as of dist/. */
export const HOME = fileURLToPath(new URL('..', import.meta.url));
