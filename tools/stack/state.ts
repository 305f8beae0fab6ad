/** What is written down about a stack, so that another command can find it again. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from './errors.ts';

export interface BrokerPorts {
  readonly plain: number;
  readonly controller: number;
  /** Present when the stack was asked for SASL. */
  readonly sasl?: number;
  /** Present when the stack was asked for TLS. */
  readonly tls?: number;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface StackPlan {
  readonly road: 'java' | 'docker';
  /** On the command line of every process and in the name of every container of this stack, and of no other. */
  readonly mark: string;
  readonly clusterId: string;
  /** Empty when the brokers were given by the environment. */
  readonly brokers: readonly BrokerPorts[];
  /** Undefined when the registry was given by the environment. */
  readonly registryPort: number | undefined;
  readonly sasl?: Credentials;
  readonly properties?: Readonly<Record<string, string | number | null>>;
}

export interface StackState {
  readonly version: 1;
  readonly plan: StackPlan;
  /** What to connect to, whoever runs it. */
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  /** Process ids by part (`broker-1`, `registry`); empty after `down --keep`, and always with Docker. */
  readonly pids: Readonly<Record<string, number>>;
}

const fileOf = (folder: string) => join(folder, 'state.json');

export function readState(folder: string): StackState | undefined {
  if (!existsSync(fileOf(folder))) return undefined;
  try {
    const state = JSON.parse(readFileSync(fileOf(folder), 'utf8'));
    if (state.version === 1) return state;
  } catch {
    // A file that cannot be read says as little as one of another version.
  }
  throw new StackError(`${fileOf(folder)} cannot be understood; end its processes by hand and delete it.`);
}

export function writeState(folder: string, state: StackState): void {
  mkdirSync(folder, { recursive: true });
  const partial = `${fileOf(folder)}.${process.pid}`;
  writeFileSync(partial, JSON.stringify(state, undefined, 2) + '\n');
  renameSync(partial, fileOf(folder));
}

export function removeState(folder: string): void {
  rmSync(fileOf(folder), { force: true });
}
