package tidemark.bench;

import ai.onnxruntime.OnnxTensor;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import tidemark.demo.ScoredTransaction;
import tidemark.demo.Transaction;

/**
 * A consumer as a careful team writes it: what one poll gives is one run of the model, events and codecs are reused, sending goes on
 * while the next poll is scored, and offsets are committed once a second after everything before them is acknowledged.
 */
public final class PlainConsumer {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Job job;
  private final Events events;
  private final Provenance provenance;
  private final Transaction[] batch;
  private final FloatBuffer rows;
  private final ScoredTransaction scored = new ScoredTransaction();
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private final Callback onSent =
      (metadata, error) -> {
        if (error != null) failure.compareAndSet(null, error);
      };

  private PlainConsumer(Job job) {
    this.job = job;
    events = new Events(job);
    provenance = new Provenance(job);
    batch = new Transaction[job.batchRows()];
    rows = Model.newRows(job.batchRows());
  }

  public static void main(String[] args) throws Exception {
    new PlainConsumer(Job.parse(args[0])).run();
  }

  private void run() throws Exception {
    try (Model model = new Model(job);
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(consumerProperties(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(producerProperties(), new ByteArraySerializer(), new ByteArraySerializer())) {
      consumer.subscribe(List.of(job.input()));
      long done = 0;
      long first = 0;
      long committed = System.nanoTime();
      while (done < job.events()) {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
        if (!polled.isEmpty()) {
          if (first == 0) first = System.nanoTime();
          score(polled, model, producer);
          done += polled.count();
        }
        if (System.nanoTime() - committed >= job.commitEveryMs() * 1_000_000L) {
          flush(producer);
          consumer.commitSync();
          committed = System.nanoTime();
        }
      }
      flush(producer);
      long last = System.nanoTime();
      consumer.commitSync();
      Outcome.print(done, first, last);
    }
  }

  private void score(ConsumerRecords<byte[], byte[]> polled, Model model, KafkaProducer<byte[], byte[]> producer)
      throws Exception {
    int row = 0;
    for (ConsumerRecord<byte[], byte[]> record : polled) {
      batch[row] = events.read(record.value(), batch[row]);
      Model.fillRow(rows, row, batch[row]);
      row++;
    }
    FloatBuffer probabilities;
    try (OnnxTensor features = model.tensorOver(rows, row)) {
      probabilities = model.probabilities(features);
    }
    Instant scoredAt = Instant.now();
    row = 0;
    for (ConsumerRecord<byte[], byte[]> record : polled) {
      model.describe(batch[row], probabilities.get(2 * row + 1), scoredAt, scored);
      ProducerRecord<byte[], byte[]> out =
          new ProducerRecord<>(job.output(), null, record.timestamp(), record.key(), events.write(scored));
      provenance.addTo(out.headers(), record.topic(), record.partition(), record.offset());
      producer.send(out, onSent);
      row++;
    }
  }

  private void flush(KafkaProducer<byte[], byte[]> producer) throws Exception {
    producer.flush();
    if (failure.get() != null) throw failure.get();
  }

  private Properties consumerProperties() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", job.brokers());
    properties.put("group.id", job.group());
    properties.put("enable.auto.commit", "false");
    properties.put("auto.offset.reset", "earliest");
    properties.put("isolation.level", job.isolation());
    properties.put("max.poll.records", String.valueOf(job.batchRows()));
    return properties;
  }

  private Properties producerProperties() {
    Properties properties = job.producerProperties();
    properties.put("bootstrap.servers", job.brokers());
    return properties;
  }
}
