package tidemark.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import tidemark.demo.ScoredTransaction;
import tidemark.demo.Transaction;

/**
 * The same as a Kafka Streams topology. Its commit covers every record that `process` was given, so a record must be forwarded before
 * `process` returns: rows are scored one by one, with the input tensor kept, because a batch of its own would be lost in a crash.
 */
public final class StreamsApplication {
  private static final AtomicLong ACKNOWLEDGED = new AtomicLong();
  private static final CountDownLatch FINISHED = new CountDownLatch(1);
  private static volatile long expected;
  private static volatile long firstNanos;
  private static volatile long lastNanos;
  private static volatile Throwable failure;

  private StreamsApplication() {}

  public static void main(String[] args) throws Exception {
    Job job = Job.parse(args[0]);
    expected = job.events();
    try (Model model = new Model(job);
        KafkaStreams streams = new KafkaStreams(topology(job, model).build(), properties(job))) {
      streams.setUncaughtExceptionHandler(
          error -> {
            failure = error;
            FINISHED.countDown();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
          });
      streams.start();
      FINISHED.await();
    }
    if (failure != null) throw new IllegalStateException(failure);
    Outcome.print(ACKNOWLEDGED.get(), firstNanos, lastNanos);
  }

  private static StreamsBuilder topology(Job job, Model model) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(job.input(), Consumed.with(Serdes.ByteArray(), transactions(job)))
        .process(() -> new Scoring(job, model))
        .to(job.output(), Produced.with(Serdes.ByteArray(), scoredTransactions(job)));
    return builder;
  }

  private static Properties properties(Job job) {
    Properties properties = new Properties();
    job.producerProperties().forEach((name, value) -> properties.put(StreamsConfig.producerPrefix((String) name), value));
    properties.put(StreamsConfig.producerPrefix("interceptor.classes"), Acknowledgements.class.getName());
    properties.put(StreamsConfig.consumerPrefix("isolation.level"), job.isolation());
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, job.brokers());
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, job.group());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, job.commitEveryMs());
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, job.folder());
    return properties;
  }

  private static Serde<Transaction> transactions(Job job) {
    Events events = new Events(job);
    return Serdes.serdeFrom(
        (topic, event) -> {
          throw new UnsupportedOperationException();
        },
        (topic, value) -> {
          try {
            return events.read(value, null);
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        });
  }

  private static Serde<ScoredTransaction> scoredTransactions(Job job) {
    Events events = new Events(job);
    return Serdes.serdeFrom(
        (topic, scored) -> {
          try {
            return events.write(scored);
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        },
        (topic, value) -> {
          throw new UnsupportedOperationException();
        });
  }

  /** One for each partition. */
  private static final class Scoring implements Processor<byte[], Transaction, byte[], ScoredTransaction> {
    private final Model model;
    private final Provenance provenance;
    private final FloatBuffer row = Model.newRows(1);
    private final OnnxTensor features;
    private ProcessorContext<byte[], ScoredTransaction> context;

    Scoring(Job job, Model model) {
      this.model = model;
      provenance = new Provenance(job);
      try {
        features = model.tensorOver(row, 1);
      } catch (OrtException error) {
        throw new IllegalStateException(error);
      }
    }

    @Override
    public void init(ProcessorContext<byte[], ScoredTransaction> context) {
      this.context = context;
    }

    @Override
    public void process(Record<byte[], Transaction> record) {
      if (firstNanos == 0) firstNanos = System.nanoTime();
      ScoredTransaction scored = new ScoredTransaction();
      Model.fillRow(row, 0, record.value());
      try {
        float score = model.probabilities(features).get(1);
        model.describe(record.value(), score, Instant.now(), scored);
      } catch (OrtException error) {
        throw new IllegalStateException(error);
      }
      var place = context.recordMetadata().orElseThrow();
      provenance.addTo(record.headers(), place.topic(), place.partition(), place.offset());
      context.forward(record.withValue(scored));
    }

    @Override
    public void close() {
      features.close();
    }
  }

  /** Hears what the broker has acknowledged; made by the producer. */
  public static final class Acknowledgements implements ProducerInterceptor<byte[], byte[]> {
    @Override
    public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
      return record;
    }

    @Override
    public void onAcknowledgement(RecordMetadata metadata, Exception error) {
      if (error != null || ACKNOWLEDGED.incrementAndGet() < expected) return;
      lastNanos = System.nanoTime();
      FINISHED.countDown();
    }

    @Override
    public void close() {}

    @Override
    public void configure(Map<String, ?> settings) {}
  }
}
