import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { auth } from './auth';

// Before a router reads the address. It finishes the sign-in if WeCom came back to this page; inside
// WeCom it signs in without a click.
auth.start().then(({ refusal }) => {
  createRoot(document.getElementById('root') as HTMLElement).render(
    <StrictMode>
      <App atStart={refusal} />
    </StrictMode>,
  );
});
