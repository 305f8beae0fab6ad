package tidemark.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Properties;

/** What a peer is asked to do; one line of JSON, the same for all of them (bench/harness/job.ts). */
record Job(
    String brokers,
    String registryUrl,
    String input,
    String output,
    String group,
    /** Records in the input topic; the peer ends when all of them are scored and acknowledged. */
    long events,
    /** Id of the scored event's schema. */
    int schemaId,
    String model,
    String modelName,
    String modelVersion,
    String modelDigest,
    /** Rows scored together at most. */
    int batchRows,
    int commitEveryMs,
    String compression,
    String isolation,
    /** For files of its own; removed afterwards. */
    String folder) {

  static Job parse(String json) throws IOException {
    JsonNode job = new ObjectMapper().readTree(json);
    return new Job(
        job.get("brokers").asText(),
        job.get("registryUrl").asText(),
        job.get("input").asText(),
        job.get("output").asText(),
        job.get("group").asText(),
        job.get("events").asLong(),
        job.get("schemaId").asInt(),
        job.get("model").asText(),
        job.get("modelName").asText(),
        job.get("modelVersion").asText(),
        job.get("modelDigest").asText(),
        job.get("batchRows").asInt(),
        job.get("commitEveryMs").asInt(),
        job.get("compression").asText(),
        job.get("isolation").asText(),
        job.get("folder").asText());
  }

  /** Both peers: acks=all and idempotence are the client's defaults; the batches are large enough for a high rate. */
  Properties producerProperties() {
    Properties properties = new Properties();
    properties.put("compression.type", compression);
    properties.put("linger.ms", "5");
    properties.put("batch.size", String.valueOf(256 * 1024));
    return properties;
  }
}
