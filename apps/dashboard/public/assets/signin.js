// Exchanges a token for a cookie that this page's scripts can't read, and goes back to where one came from.
const form = /** @type {HTMLFormElement} */ (document.querySelector('form'));
const input = /** @type {HTMLInputElement} */ (document.querySelector('#token'));
const said = /** @type {HTMLElement} */ (document.querySelector('[role=alert]'));

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const token = input.value.trim();
  // An empty one would end the session, and lead back to here.
  said.textContent = token === '' ? 'Type or paste your token.' : '';
  if (token === '') return;
  try {
    const body = JSON.stringify({ token });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch('/v1/session', { method: 'POST', headers, body });
    if (response.ok) {
      // Commands that the page shows say then that a token is needed.
      try {
        localStorage.setItem('tenon.signedIn', 'yes');
      } catch {
        // A browser that keeps nothing.
      }
      location.replace('/' + location.hash);
      return;
    }
    const problem = await response.json().catch(() => ({}));
    said.textContent = problem.detail ?? `HTTP ${response.status}`;
  } catch {
    said.textContent = 'The server cannot be reached.';
  }
  input.select();
});
