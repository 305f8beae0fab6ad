package tidemark.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;

/** The headers of a scored event: which model made it, from which record. */
final class Provenance {
  private final Header[] model;

  Provenance(Job job) {
    model =
        new Header[] {
          new RecordHeader("model-name", job.modelName().getBytes(UTF_8)),
          new RecordHeader("model-version", job.modelVersion().getBytes(UTF_8)),
          new RecordHeader("model-digest", job.modelDigest().getBytes(UTF_8)),
        };
  }

  void addTo(Headers headers, String topic, int partition, long offset) {
    for (Header header : model) headers.add(header);
    headers.add("source", (topic + "/" + partition + "@" + offset).getBytes(UTF_8));
  }
}
