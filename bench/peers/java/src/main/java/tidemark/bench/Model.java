package tidemark.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import tidemark.demo.CustomerHistory;
import tidemark.demo.Decision;
import tidemark.demo.ScoredTransaction;
import tidemark.demo.TerminalHistory;
import tidemark.demo.Transaction;

/** The model of the package, scored in batches on the calling thread. */
final class Model implements AutoCloseable {
  private static final int FEATURES = 15;
  private static final Set<String> WANTED = Set.of("probabilities");

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final String version;

  Model(Job job) throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    // On a small model more threads only spin.
    options.setIntraOpNumThreads(1);
    options.setInterOpNumThreads(1);
    session = environment.createSession(job.model(), options);
    version = job.modelVersion();
  }

  /** Native memory, which ONNX Runtime reads in place. */
  static FloatBuffer newRows(int rows) {
    return ByteBuffer.allocateDirect(rows * FEATURES * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  static void fillRow(FloatBuffer rows, int row, Transaction event) {
    CustomerHistory customer = event.getCustomer();
    TerminalHistory terminal = event.getTerminal();
    Double risk = terminal.getRisk30d();
    int at = row * FEATURES;
    rows.put(at, (float) event.getAmount());
    rows.put(at + 1, event.getWeekend() ? 1 : 0);
    rows.put(at + 2, event.getNight() ? 1 : 0);
    rows.put(at + 3, customer.getCount1d());
    rows.put(at + 4, (float) customer.getMeanAmount1d());
    rows.put(at + 5, customer.getCount7d());
    rows.put(at + 6, (float) customer.getMeanAmount7d());
    rows.put(at + 7, customer.getCount30d());
    rows.put(at + 8, (float) customer.getMeanAmount30d());
    rows.put(at + 9, terminal.getCount1d());
    rows.put(at + 10, (float) terminal.getRisk1d());
    rows.put(at + 11, terminal.getCount7d());
    rows.put(at + 12, (float) terminal.getRisk7d());
    rows.put(at + 13, terminal.getCount30d());
    rows.put(at + 14, risk == null ? 0 : risk.floatValue());
  }

  OnnxTensor tensorOver(FloatBuffer rows, int count) throws OrtException {
    rows.position(0).limit(count * FEATURES);
    OnnxTensor tensor = OnnxTensor.createTensor(environment, rows, new long[] {count, FEATURES});
    rows.limit(rows.capacity());
    return tensor;
  }

  /** @return two probabilities a row, of which the second is the score */
  FloatBuffer probabilities(OnnxTensor features) throws OrtException {
    try (OrtSession.Result result = session.run(Map.of("features", features), WANTED)) {
      return ((OnnxTensor) result.get(0)).getFloatBuffer();
    }
  }

  /** Makes `scored` the scored event of `event`; texts are shared with it. */
  void describe(Transaction event, float score, Instant scoredAt, ScoredTransaction scored) {
    scored.setTransactionId(event.getTransactionId());
    scored.setCustomerId(event.getCustomerId());
    scored.setTerminalId(event.getTerminalId());
    scored.setAmount(event.getAmount());
    scored.setEventTime(event.getEventTime());
    scored.setScore(score);
    scored.setDecision(decide(score));
    scored.setModelVersion(version);
    scored.setScoredAt(scoredAt);
  }

  private static Decision decide(float score) {
    if (score >= 0.9) return Decision.block;
    return score >= 0.5 ? Decision.review : Decision.allow;
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
