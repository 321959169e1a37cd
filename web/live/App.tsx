import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { Logo } from '../components/Logo.tsx';
import { type Connection, connect } from './connection.ts';
import { learn } from './known.ts';
import { LabList } from './LabList.tsx';
import { LiveLab } from './LiveLab.tsx';

/** Returns the token and the lab that the address names: `#TOKEN/LAB`. */
function addressed(): { readonly token: string; readonly lab: string | undefined } {
  const [token = '', lab] = location.hash.slice(1).split('/');
  return { token, lab: lab === undefined || lab === '' ? undefined : decodeURIComponent(lab) };
}

/** The live page: the labs that run, and one of them as it is now. */
export function App() {
  const [{ token, lab }, setAddressed] = useState(addressed);
  const [known, tell] = useReducer(learn, {});
  const [there, setThere] = useState<boolean>();
  const connection = useRef<Connection>(undefined);

  useEffect(() => {
    const changed = () => setAddressed(addressed());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useEffect(() => {
    connection.current = connect(token, tell, setThere);
    return () => connection.current?.close();
  }, [token]);
  useEffect(() => {
    document.title = `${lab ?? 'Labs'} – lvslab`;
    if (lab === undefined || !there) return;
    tell({ type: 'choose', lab });
    connection.current?.ask({ type: 'watch', lab });
  }, [lab, there]);

  const trouble =
    there === false ? 'no connection: is `lab ui` running, and is this its address?' : known.labs?.trouble;
  const ask: Connection['ask'] = (request) => connection.current?.ask(request);
  return (
    <>
      <header class="top">
        <a class="brand" href={`#${token}`}>
          <Logo /> lvslab <span class="muted">live</span>
        </a>
        <span
          class={trouble === undefined && known.said?.ok !== false ? 'live-status muted' : 'live-status bad'}
          role="status"
        >
          {trouble ?? known.said?.text ?? (there ? 'connected' : 'connecting')}
        </span>
      </header>
      <div class="frame frame-several">
        <LabList labs={known.labs?.labs ?? []} known={known.labs?.known ?? []} current={lab} token={token} ask={ask} />
        <main id="main">
          {lab !== undefined && known.lab?.name === lab ? (
            <LiveLab key={lab} lab={known.lab} ask={ask} />
          ) : (
            <section>
              <h1>Labs</h1>
              <p class="muted">Choose a lab that runs, or start one.</p>
            </section>
          )}
        </main>
      </div>
    </>
  );
}
