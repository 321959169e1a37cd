/** The sign of lvslab: a way in, and several ways out. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M4 12h6M10 12 19 5M10 12h9M10 12l9 7" />
      <circle cx="10" cy="12" r="3" />
    </svg>
  );
}
