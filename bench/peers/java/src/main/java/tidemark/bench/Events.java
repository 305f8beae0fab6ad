package tidemark.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import tidemark.demo.ScoredTransaction;
import tidemark.demo.Transaction;

/** Framed Avro events (a zero byte, the schema id, the body), as Confluent's serializers write them. One thread's. */
final class Events {
  private static final int FRAME_BYTES = 5;

  private final String registryUrl;
  private final int scoredSchemaId;
  private final Map<Integer, SpecificDatumReader<Transaction>> readers = new HashMap<>();
  private final SpecificDatumWriter<ScoredTransaction> writer =
      new SpecificDatumWriter<>(ScoredTransaction.getClassSchema());
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(512);
  private final byte[] frame = new byte[FRAME_BYTES];
  private BinaryDecoder decoder;
  private BinaryEncoder encoder;

  Events(Job job) {
    registryUrl = job.registryUrl();
    scoredSchemaId = job.schemaId();
    ByteBuffer.wrap(frame).put((byte) 0).putInt(scoredSchemaId);
  }

  /** @param reuse an event that may be overwritten, or null */
  Transaction read(byte[] value, Transaction reuse) throws IOException {
    if (value.length < FRAME_BYTES || value[0] != 0) throw new IOException("not a framed event");
    int id = ByteBuffer.wrap(value).getInt(1);
    SpecificDatumReader<Transaction> reader = readers.get(id);
    if (reader == null) {
      reader = new SpecificDatumReader<>(schemaById(id), Transaction.getClassSchema());
      readers.put(id, reader);
    }
    decoder = DecoderFactory.get().binaryDecoder(value, FRAME_BYTES, value.length - FRAME_BYTES, decoder);
    return reader.read(reuse, decoder);
  }

  byte[] write(ScoredTransaction scored) throws IOException {
    out.reset();
    out.write(frame, 0, FRAME_BYTES);
    encoder = EncoderFactory.get().binaryEncoder(out, encoder);
    writer.write(scored, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private Schema schemaById(int id) throws IOException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(registryUrl + "/schemas/ids/" + id)).build();
    try {
      HttpResponse<String> response =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) throw new IOException("the registry answered " + response.statusCode());
      return new Schema.Parser().parse(new ObjectMapper().readTree(response.body()).get("schema").asText());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException(interrupted);
    }
  }
}
