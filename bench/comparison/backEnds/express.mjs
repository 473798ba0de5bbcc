import { app } from '../../peers/express.mjs';

/* The back end of common tutorials, as a server of its own: PORT=… node express.mjs */
app.listen(Number(process.env.PORT), '127.0.0.1');
