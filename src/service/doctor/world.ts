import { Registry } from '../../avro/registry.ts';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { brokerConfigs, type Configs, topicConfigs } from '../../kafka/inspect/configs.ts';
import { type DescribedGroup, GroupInspector } from '../../kafka/inspect/group.ts';
import { ClusterInspector } from '../../kafka/inspect/inspector.ts';
import { describeTopics, type ThereTopic, type TopicFacts } from '../../kafka/inspect/topics.ts';
import { type ProvedParts, prove } from '../check.ts';
import { systemClock } from '../clock.ts';
import { kafkaConnection } from '../connections.ts';
import { inputSubject } from '../subjects.ts';
import { type Backlog, watchBacklog } from './backlog.ts';

/** What a pipeline has a topic for; the last two only where its file has a `control` section. */
export type Role = 'input' | 'output' | 'dead_letter' | 'control' | 'audit';

const ALWAYS: readonly Role[] = ['input', 'output', 'dead_letter'];
const OF_CONTROL: readonly Role[] = ['control', 'audit'];

const TOPIC_KEYS = [
  'cleanup.policy',
  'max.message.bytes',
  'message.timestamp.before.max.ms',
  'message.timestamp.type',
  'min.insync.replicas',
  'retention.bytes',
  'retention.ms',
  'unclean.leader.election.enable',
] as const;

const BROKER_KEYS = [
  'group.max.session.timeout.ms',
  'group.min.session.timeout.ms',
  'socket.request.max.bytes',
  'transaction.max.timeout.ms',
] as const;

/** What checks ask, each thing once however many need it. Closed by whoever opened it. */
export class World {
  readonly config: PipelineConfig;
  /** As the command line named it, for what is to be typed. */
  readonly file: string;
  readonly cluster: ClusterInspector;
  readonly #groupInspector: GroupInspector;
  readonly registry: Registry;
  readonly #topicConfigs = new Map<string, Promise<Configs | undefined>>();
  #topics: Promise<ReadonlyMap<string, TopicFacts>> | undefined;
  #brokerConfigs: Promise<Configs | undefined> | undefined;
  #group: Promise<DescribedGroup> | undefined;
  #backlog: Promise<Backlog | undefined> | undefined;
  #parts: Promise<ProvedParts> | undefined;
  #registryAnswer: Promise<unknown> | undefined;

  constructor(config: PipelineConfig, file: string) {
    this.config = config;
    this.file = file;
    this.cluster = new ClusterInspector(kafkaConnection(config));
    this.#groupInspector = new GroupInspector(this.cluster, config.kafka.group, config.input.topic);
    this.registry = new Registry(config.registry, systemClock);
  }

  /** Those of this pipeline. */
  get roles(): readonly Role[] {
    return [...ALWAYS, ...(this.config.control === undefined ? [] : OF_CONTROL)];
  }

  nameOf(role: Role): string {
    const { input, output, deadLetter, control } = this.config;
    return {
      input: input.topic,
      output: output.topic,
      dead_letter: deadLetter.topic,
      control: control?.topic ?? '',
      audit: control?.auditTopic ?? '',
    }[role];
  }

  async topic(role: Role): Promise<TopicFacts> {
    const names = [...new Set(this.roles.map((each) => this.nameOf(each)))];
    this.#topics ??= describeTopics(this.cluster, names);
    const name = this.nameOf(role);
    return (await this.#topics).get(name) ?? { kind: 'missing', name };
  }

  /** Undefined when there is no such topic, or it may not be described: the check of topics says so. */
  async topicThere(role: Role): Promise<ThereTopic | undefined> {
    const facts = await this.topic(role);
    return facts.kind === 'there' ? facts : undefined;
  }

  /** The configuration that holds for a topic; undefined where it may not be read, which needs a right that a pipeline does not. */
  topicConfig(role: Role): Promise<Configs | undefined> {
    const name = this.nameOf(role);
    const known = this.#topicConfigs.get(name) ?? topicConfigs(this.cluster, name, TOPIC_KEYS);
    this.#topicConfigs.set(name, known);
    return known;
  }

  /** Of the first broker that is there, whose settings stand for all; undefined where they may not be read, as is usual. */
  brokerConfig(): Promise<Configs | undefined> {
    this.#brokerConfigs ??= this.#askBroker();
    return this.#brokerConfigs;
  }

  group(): Promise<DescribedGroup> {
    this.#group ??= this.#groupInspector.describe({ operations: true });
    return this.#group;
  }

  /** What the group has still to read and how fast it does; takes some seconds to watch. Undefined without a topic. */
  backlog(): Promise<Backlog | undefined> {
    const watch = async () => {
      const topic = await this.topicThere('input');
      if (topic === undefined) return undefined;
      return watchBacklog(this.config, this.cluster, this.#groupInspector, topic);
    };
    this.#backlog ??= watch();
    return this.#backlog;
  }

  parts(): Promise<ProvedParts> {
    this.#parts ??= prove(this.config);
    return this.#parts;
  }

  /** Resolves when the registry has answered anything. Throws the TidemarkError of the first attempt. */
  async registryAnswers(): Promise<void> {
    this.#registryAnswer ??= this.registry.latest(inputSubject(this.config));
    await this.#registryAnswer;
  }

  async close(): Promise<void> {
    this.registry.stop();
    await this.cluster.close();
  }

  async #askBroker(): Promise<Configs | undefined> {
    const reached = (await this.cluster.advertised()).find(({ error }) => error === undefined);
    return brokerConfigs(this.cluster, reached?.nodeId ?? -1, BROKER_KEYS);
  }
}
