import { createApp } from 'vue';
import App from './App.vue';
import { auth } from './auth';

// Before a router reads the address. It finishes the sign-in if WeCom came back to this page; inside
// WeCom it signs in without a click.
auth.start().then(({ refusal }) => {
  createApp(App, { atStart: refusal }).mount('#root');
});
