export interface Fact {
  readonly what: string;
  readonly values: readonly string[];
}

/** What the results were produced on: engine, kernels, load balancers, programs. */
export function Environment({ facts, software }: { facts: readonly Fact[]; software: readonly string[] }) {
  return (
    <section aria-labelledby="environment">
      <h2 id="environment">Produced on</h2>
      <dl class="facts">
        {facts.map(({ what, values }) => (
          <div>
            <dt>{what}</dt>
            {values.map((value) => (
              <dd>{value}</dd>
            ))}
          </div>
        ))}
      </dl>
      {software.length > 0 && (
        <details class="fold">
          <summary>Programs in the image ({software.length})</summary>
          <ul class="software">
            {software.map((line) => (
              <li>
                <code>{line}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
