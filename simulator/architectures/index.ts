/** The one list of architectures. To add one: write its file, add its line here. */
import { arm64, arm64Dbm } from './arm64.js';
import type { Architecture } from './define.js';
import { riscv64Svade, riscv64Svadu } from './riscv64.js';
import { s390xArchitecture } from './s390x.js';
import { s390xKeyArchitecture } from './s390x-key.js';
import { x8664Architecture } from './x86-64.js';

export type { Architecture } from './define.js';

export const ARCHITECTURES: readonly Architecture[] = [
  x8664Architecture,
  arm64,
  arm64Dbm,
  riscv64Svade,
  riscv64Svadu,
  s390xKeyArchitecture,
  s390xArchitecture,
];
