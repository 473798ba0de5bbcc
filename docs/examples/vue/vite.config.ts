import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [vue()],
  // WeCom returns to this address and no other.
  server: { port: 5173, strictPort: true },
  // For the browsers inside older WeCom clients.
  build: { target: 'es2020' },
});
