#!/usr/bin/env node
/** The executable: hands the process to `run` and leaves with the exit code it gives. */
import { processIo } from './io.js';
import { run } from './run.js';

process.exit(await run(process.argv.slice(2), processIo()));
