import type { FilePage } from '../../src/page/data.ts';
import { formatBytes } from './format.ts';
import { Scroll } from './Scroll.tsx';

/** The raw files of a report: links, and the text of small ones to unfold. */
export function Files({ files }: { files: readonly FilePage[] }) {
  return (
    <ul class="files">
      {files.map((file) => (
        <li>
          {file.text === undefined ? (
            <span class="file-head">
              <a href={file.href} download={file.name}>
                {file.name}
              </a>
              <span class="muted">{formatBytes(file.bytes)}</span>
            </span>
          ) : (
            <details>
              <summary class="file-head">
                <code>{file.name}</code>
                <span class="muted">{formatBytes(file.bytes)}</span>
              </summary>
              <p>
                <a href={file.href} download={file.name}>
                  Download {file.name}
                </a>
              </p>
              <Scroll label={file.name}>
                <pre>{file.text}</pre>
              </Scroll>
            </details>
          )}
        </li>
      ))}
    </ul>
  );
}
