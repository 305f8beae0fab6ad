import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { cardFraud } from '../demo/worlds/cardFraud.ts';
import type { WorldStream } from '../demo/worlds/world.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { packSlowModel } from './slowModel.ts';

/** From the root of the project, where commands run: views show where the pipeline's file is. */
const FOLDER = '.stack/scenes';

/** What scenes are played on, one after another: brokers, a registry and a world of their own. */
export interface Stage {
  readonly stack: Stack;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly stream: WorldStream;
  /** Of the commands that are run. */
  readonly env: Readonly<Record<string, string>>;
  /** For files of scenes, from the root of the project. */
  readonly folder: string;
  /** Folder of the slow model's package. */
  readonly slowModel: string;
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

export async function openStage({ signal, onProgress }: StageOptions): Promise<Stage> {
  const folder = `${FOLDER}/${process.pid}`;
  mkdirSync(folder, { recursive: true });
  await using closing = new AsyncDisposableStack();
  closing.defer(() => rmSync(folder, { recursive: true, force: true }));
  const stack = await startStack({ ports: 'free', signal, onProgress });
  closing.defer(() => stack.stop());
  const { brokers, registryUrl } = stack;
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'tidemark-scenes', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  closing.defer(() => admin.disconnect());
  onProgress('Simulating the world up to its first event, and packing the slow model ...');
  const stream = await cardFraud.open({ seed: 0, signal, onProgress: () => {} });
  const slowModel = await packSlowModel(join(folder, 'slow'), 'models/card-fraud/1.0.0');
  const opened = closing.move();
  return {
    stack,
    kafka,
    admin,
    stream,
    env: { TIDEMARK_BROKERS: brokers.join(','), TIDEMARK_REGISTRY_URL: registryUrl },
    folder,
    slowModel,
    signal,
    close: () => opened.disposeAsync(),
  };
}
