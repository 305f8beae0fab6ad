/**
 * A pipeline file as an object. Made from the schema of the file by tools/definitionType.ts, and tested to be current; change
 * src/config/fileSchema.ts instead.
 */

/** Text with a reference in it, resolved as in a file: `${NAME}`, `${NAME:-default}`, `${file:/path}`. */
export type Reference = `${string}$\{${string}}${string}`;

export interface PipelineDefinition {
  /**
   * Name of the pipeline in logs and metrics.
   */
  pipeline: string | Reference;
  /**
   * The Kafka cluster and how to be a member of a group in it.
   */
  kafka: {
    /**
     * Brokers to begin with, `host:port`: a list, or one text with commas. The others are found through them.
     */
    brokers: string[] | string;
    /**
     * Consumer group. Its committed offsets are where the pipeline goes on after a restart.
     */
    group: string;
    /**
     * Name in the brokers’ logs, metrics and quotas. Default: the value of `pipeline`.
     */
    client_id?: string;
    /**
     * Kafka client. `native` is Tidemark’s own; `kafkajs` is the library of that name: slower, without static membership, compression none or gzip. Default: `native`.
     */
    client?: ('native' | 'kafkajs') | Reference;
    /**
     * Name of this one process in its group, kept over restarts (static membership): back within `session_timeout`, it takes up its partitions without a rebalance. Absent: a new member at each start.
     */
    instance_id?: string;
    /**
     * Encryption. `{}` encrypts and trusts the system’s authorities; absent: plain text.
     */
    tls?: {
      /**
       * Authorities to trust instead of the system’s, as PEM text; `${file:/path.pem}` reads a file.
       */
      ca?: string | Reference;
      /**
       * Client certificate for mutual TLS, as PEM text. Needs `key`.
       */
      cert?: string | Reference;
      /**
       * Private key of `cert`, as PEM text. Secret.
       */
      key?: string | Reference;
      /**
       * Name the server’s certificate must carry, where it is not the host that is dialled.
       */
      server_name?: string;
      /**
       * Whether a server whose certificate cannot be verified is refused. `false` is for tests alone. Default: `true`.
       */
      reject_unauthorized?: boolean | Reference;
    };
    /**
     * Credentials. Absent: none.
     */
    sasl?:
      | {
          /**
           * How to authenticate. Over `plain` and `oauthbearer` the secret itself travels: use TLS.
           */
          mechanism: ('plain' | 'scram-sha-256' | 'scram-sha-512') | Reference;
          /**
           * User name, where there is a password.
           */
          username: string;
          /**
           * Password of the user. Secret.
           */
          password: string;
        }
      | {
          /**
           * How to authenticate. Over `plain` and `oauthbearer` the secret itself travels: use TLS.
           */
          mechanism: 'oauthbearer' | Reference;
          /**
           * Token, for `oauthbearer` and `bearer`. Secret.
           */
          token: string;
        };
    /**
     * How long the brokers wait for a silent member before they give its partitions to others. Default: `10s`.
     */
    session_timeout?: string | Reference;
    /**
     * How long work in hand may take to finish when partitions are taken away or the process is told to stop. Shorter than `session_timeout`. Default: `5s`.
     */
    drain_timeout?: string | Reference;
    /**
     * Whether records of open and aborted transactions are left out (`read_committed`) or scored too. Default: `read_committed`.
     */
    isolation?: ('read_committed' | 'read_uncommitted') | Reference;
  };
  /**
   * The schema registry.
   */
  registry: {
    /**
     * Base URL of the Confluent-compatible schema registry, without credentials.
     */
    url: string | Reference;
    /**
     * Credentials. Absent: none.
     */
    auth?:
      | {
          /**
           * How to authenticate: a user with a password, or a token.
           */
          kind: 'basic' | Reference;
          /**
           * User name, where there is a password.
           */
          username: string;
          /**
           * Password of the user. Secret.
           */
          password: string;
        }
      | {
          /**
           * How to authenticate: a user with a password, or a token.
           */
          kind: 'bearer' | Reference;
          /**
           * Token, for `oauthbearer` and `bearer`. Secret.
           */
          token: string;
        };
    /**
     * TLS settings for an https URL; absent: the system’s authorities.
     */
    tls?: {
      /**
       * Authorities to trust instead of the system’s, as PEM text; `${file:/path.pem}` reads a file.
       */
      ca?: string | Reference;
      /**
       * Client certificate for mutual TLS, as PEM text. Needs `key`.
       */
      cert?: string | Reference;
      /**
       * Private key of `cert`, as PEM text. Secret.
       */
      key?: string | Reference;
      /**
       * Name the server’s certificate must carry, where it is not the host that is dialled.
       */
      server_name?: string;
      /**
       * Whether a server whose certificate cannot be verified is refused. `false` is for tests alone. Default: `true`.
       */
      reject_unauthorized?: boolean | Reference;
    };
    /**
     * How long one request may take before it is tried again. Default: `5s`.
     */
    timeout?: string | Reference;
  };
  /**
   * The events.
   */
  input: {
    /**
     * Topic the events are read from.
     */
    topic: string | Reference;
    /**
     * Field that identifies an event to people, in logs and dead letters.
     */
    id?: string | Reference;
    /**
     * Field that says when the event happened. Serves latency only; the output’s timestamp is set by `output.timestamp`.
     */
    time?: string | Reference;
    /**
     * File of the Avro schema the pipeline is written against, relative to the working directory. Absent: the registry’s latest version of subject `<topic>-value`.
     */
    schema?: string;
    /**
     * Where a group without committed offsets begins: `earliest`, `latest`, or a time with its zone. The default passes no event over. Default: `earliest`.
     */
    start?: (('earliest' | 'latest') | Reference) | (string | Reference);
    /**
     * What happens when the committed offset is no longer in the log: `stop` with E-KAFKA-OUT-OF-RANGE, or go on from an end of what is left. Default: `stop`.
     */
    out_of_range?: ('stop' | 'earliest' | 'latest') | Reference;
    /**
     * Avro record types that count; events of others are skipped and counted. Absent: all count.
     *
     * @minItems 1
     */
    records?: string[];
  };
  /**
   * The model.
   */
  model: {
    /**
     * Folder of the model package, relative to the working directory. It owns the features: order, fill values, ranges, categories.
     */
    package: string;
  };
  /**
   * Where in the event a feature is. A feature not named here is the event’s field of the same name.
   */
  features?: {
    [k: string]: string | Reference;
  };
  /**
   * Turns a score into a word. Absent: scores only.
   */
  decision?: {
    /**
     * Model output that is compared, as named in model.yaml.
     */
    on: string;
    /**
     * Rules, read from the top, thresholds descending; the first that holds decides.
     *
     * @minItems 1
     */
    rules: {
      /**
       * The rule holds from this value on. The last rule has none and holds always.
       */
      at_least?: number | Reference;
      /**
       * The decision when this is the first rule that holds.
       */
      is: string;
    }[];
  };
  /**
   * The scored events.
   */
  output: {
    /**
     * Topic the scored events are published to.
     */
    topic: string | Reference;
    /**
     * File of the scored events’ Avro schema, relative to the working directory.
     */
    schema: string;
    /**
     * Registry subject of the schema. Default: `<output.topic>-value`.
     */
    subject?: string;
    /**
     * `key`: by the record’s key, as Java producers do; order holds per key. `source`: the input’s partition number; order holds per partition. Default: `key`.
     */
    partitioner?: ('key' | 'source') | Reference;
    /**
     * Timestamp of the scored record: `event` keeps the input record’s CreateTime, `scored` is when it was scored. Default: `event`.
     */
    timestamp?: ('event' | 'scored') | Reference;
    /**
     * Source of each field of the output schema: `event.<field>`, `model.<output>`, `model.name`, `model.version`, `model.digest`, `decision`, `record.topic`, `record.partition`, `record.offset`, `record.timestamp`, `scored_at`.
     */
    fields: {
      [k: string]: string | Reference;
    };
    /**
     * Whether `run` registers the output schema. Otherwise it waits until someone has, as with `tidemark topics --apply`. Default: `false`.
     */
    register?: boolean | Reference;
    /**
     * Compression of the published batches. `lz4` costs least, `zstd` is smallest. Default: `none`.
     */
    compression?: ('none' | 'gzip' | 'snappy' | 'lz4' | 'zstd') | Reference;
  };
  /**
   * How many rows are scored together, and how long they wait for each other.
   */
  batching?: {
    /**
     * Rows scored together at most. Default: `4096`.
     */
    max_rows?: number | Reference;
    /**
     * How long the first event of a batch waits for others. `0ms` scores what is at hand. Default: `5ms`.
     */
    max_delay?: string | Reference;
    /**
     * Bytes held between fetch and acknowledgement at most, plus one record batch a request. Fetching pauses beyond it. Default: `24MiB`.
     */
    max_in_flight?: string | Reference;
  };
  /**
   * The latency that is promised. Measured and shown; nothing is steered by it yet.
   */
  slo?: {
    /**
     * Time within which 99 of 100 events are scored and acknowledged.
     */
    p99: string | Reference;
    /**
     * What latency is counted from: the event’s own time (`input.time`) or the record’s timestamp. Default: `record`.
     */
    from?: ('event' | 'record') | Reference;
  };
  /**
   * What the advice on the number of replicas (`/scale`, `tidemark top`) aims at.
   */
  scaling?: {
    /**
     * Time in which what waits should be scored, besides what arrives meanwhile. Default: `5m`.
     */
    drain_in?: string | Reference;
    /**
     * Most replicas that are ever advised. Default: as many as the input topic has partitions.
     */
    max_replicas?: number | Reference;
  };
  /**
   * Where events go that cannot be read or scored.
   */
  dead_letter: {
    /**
     * Topic for these events: key and bytes untouched, code and origin in headers.
     */
    topic: string | Reference;
  };
  /**
   * Delivery guarantee. `at-least-once`: after a crash some events may be published twice. Default: `at-least-once`.
   */
  delivery?: ('at-least-once' | 'exactly-once') | Reference;
  /**
   * How often progress is committed. Default: `1s`.
   */
  commit_every?: string | Reference;
  /**
   * The console, metrics and health over HTTP, or `off`.
   */
  http?:
    | ('off' | Reference)
    | {
        /**
         * Address to listen on. The default is this machine alone; containers whose probes come from outside need `0.0.0.0`. Default: `127.0.0.1`.
         */
        host?: string;
        /**
         * Port to listen on; 0 takes a free one. Default: `9464`.
         */
        port?: number | Reference;
        /**
         * Token for metrics, the API and the console, as `Authorization: Bearer`. Needed where `host` is not this machine alone; `/healthz` and `/readyz` never need it. Secret.
         */
        read_token?: string | Reference;
        /**
         * Token for commands, another than `read_token`; it lets its holder read too. Absent: no commands over HTTP, except on this machine alone without `read_token`. Secret.
         */
        change_token?: string | Reference;
      };
  /**
   * Commands to the whole group: pause, resume, drain, skip, seek, log level. Absent: there are none.
   */
  control?: {
    /**
     * Topic of the commands to the group, its present state kept by compaction. Several pipelines may share it.
     */
    topic: string | Reference;
    /**
     * Topic that keeps who asked for what and why, and what each process did about it.
     */
    audit_topic: string | Reference;
  };
  /**
   * The process ends with E-WATCHDOG when it has work in hand and makes no progress for this long. Declared pauses do not count. Default: `60s`.
   */
  watchdog?: string | Reference;
  /**
   * Logging.
   */
  log?: {
    /**
     * The least severe events that are logged. Default: `info`.
     */
    level?: ('debug' | 'info' | 'warn' | 'error' | 'silent') | Reference;
  };
  /**
   * OpenTelemetry traces of single events, from their producer to their scored event. Absent: none.
   */
  tracing?: {
    /**
     * Base URL of an OpenTelemetry collector that takes OTLP over HTTP; traces are posted to `/v1/traces` below it.
     */
    endpoint: string | Reference;
    /**
     * HTTP headers of each request, such as `authorization`. Their values are secret.
     */
    headers?: {
      [k: string]: string | Reference;
    };
    /**
     * TLS settings for an https URL; absent: the system’s authorities.
     */
    tls?: {
      /**
       * Authorities to trust instead of the system’s, as PEM text; `${file:/path.pem}` reads a file.
       */
      ca?: string | Reference;
      /**
       * Client certificate for mutual TLS, as PEM text. Needs `key`.
       */
      cert?: string | Reference;
      /**
       * Private key of `cert`, as PEM text. Secret.
       */
      key?: string | Reference;
      /**
       * Name the server’s certificate must carry, where it is not the host that is dialled.
       */
      server_name?: string;
      /**
       * Whether a server whose certificate cannot be verified is refused. `false` is for tests alone. Default: `true`.
       */
      reject_unauthorized?: boolean | Reference;
    };
    /**
     * Share of the events that their producer does not trace which are traced all the same, from 0 to 1. Default: `0`.
     */
    sample?: number | Reference;
    /**
     * Events traced in a second at most, whatever their producers trace. Default: `50`.
     */
    max_per_second?: number | Reference;
  };
}
