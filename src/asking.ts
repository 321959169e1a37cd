/** The first word of the hidden call by which a shell asks what may follow. */
export const ASKING = '__complete';
