import { fileURLToPath } from 'node:url';

/** The project's own folder, which holds labs/ and images/: the parent of src/ and of dist/. */
export const HOME = fileURLToPath(new URL('..', import.meta.url));
