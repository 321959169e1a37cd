import type { Lab } from '../model/lab.ts';
import type { UserFile } from '../model/node.ts';

/** The name of the tested lab in a report's folder. */
export const LAB_FILE = 'lab.json';

/** Returns a lab as a report keeps it: without the bytes of the user's files, and without passwords. */
export function keptLab(lab: Lab): Lab {
  const bare = (file: UserFile): UserFile => ({ ...file, base64: '' });
  return {
    ...lab,
    nodes: lab.nodes.map(({ setup, keepalived, ...node }) => ({
      ...node,
      ...(setup ? { setup: bare(setup) } : {}),
      ...(keepalived ? { keepalived: bare(keepalived) } : {}),
      files: Object.fromEntries(Object.entries(node.files).map(([path, file]) => [path, bare(file)])),
    })),
    vrrp: lab.vrrp.map(({ password: _, ...instance }) => instance),
  };
}
