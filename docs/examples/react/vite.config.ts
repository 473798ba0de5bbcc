import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // WeCom returns to this address and no other.
  server: { port: 5173, strictPort: true },
  // For the browsers inside older WeCom clients.
  build: { target: 'es2020' },
});
