/** Preloaded into a process (`--import`): tells, in the file that LOADED_MODULES names, every module that it loaded. */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const file = process.env.LOADED_MODULES;
if (file !== undefined)
  registerHooks({
    load: (url, context, next) => {
      appendFileSync(file, `${url}\n`);
      return next(url, context);
    },
  });
