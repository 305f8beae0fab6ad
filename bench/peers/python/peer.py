"""The loop that a careful team writes in Python: confluent-kafka, fastavro, ONNX Runtime.

What one `consume` gives is one run of the model; sending goes on in librdkafka's threads while the next batch is scored; offsets are
committed once a second after everything before them is acknowledged.
"""

import io
import json
import resource
import sys
import time
import urllib.request

import fastavro
import numpy
import onnxruntime
from confluent_kafka import Consumer, Producer

FRAME_BYTES = 5
FEATURES = 15
POLL_S = 0.1


class Events:
    """Framed Avro events (a zero byte, the schema id, the body), as Confluent's serializers write them."""

    def __init__(self, job):
        self.registry_url = job["registryUrl"]
        self.schemas = {}
        self.frame = b"\0" + job["schemaId"].to_bytes(4, "big")
        with open("schemas/scored-transaction.avsc", encoding="utf-8") as file:
            self.scored_schema = fastavro.parse_schema(json.load(file))

    def read(self, value):
        if value[0] != 0:
            raise ValueError("not a framed event")
        schema_id = int.from_bytes(value[1:FRAME_BYTES], "big")
        schema = self.schemas.get(schema_id)
        if schema is None:
            schema = self.schemas[schema_id] = self.schema_by_id(schema_id)
        body = io.BytesIO(value)
        body.seek(FRAME_BYTES)
        return fastavro.schemaless_reader(body, schema, None)

    def write(self, scored):
        out = io.BytesIO()
        out.write(self.frame)
        fastavro.schemaless_writer(out, self.scored_schema, scored)
        return out.getvalue()

    def schema_by_id(self, schema_id):
        with urllib.request.urlopen(f"{self.registry_url}/schemas/ids/{schema_id}") as response:
            schema = json.loads(json.load(response)["schema"])
        # Times stay epoch milliseconds: a datetime would only be made to be turned back.
        return fastavro.parse_schema(without_logical_types(schema))


def without_logical_types(schema):
    if isinstance(schema, list):
        return [without_logical_types(branch) for branch in schema]
    if isinstance(schema, dict):
        return {name: without_logical_types(part) for name, part in schema.items() if name != "logicalType"}
    return schema


def row_of(event):
    customer = event["customer"]
    terminal = event["terminal"]
    risk = terminal["risk_30d"]
    return (
        event["amount"],
        event["weekend"],
        event["night"],
        customer["count_1d"],
        customer["mean_amount_1d"],
        customer["count_7d"],
        customer["mean_amount_7d"],
        customer["count_30d"],
        customer["mean_amount_30d"],
        terminal["count_1d"],
        terminal["risk_1d"],
        terminal["count_7d"],
        terminal["risk_7d"],
        terminal["count_30d"],
        0.0 if risk is None else risk,
    )


def decide(score):
    if score >= 0.9:
        return "block"
    return "review" if score >= 0.5 else "allow"


class Peer:
    def __init__(self, job):
        self.job = job
        self.events = Events(job)
        options = onnxruntime.SessionOptions()
        # On a small model more threads only spin.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(job["model"], options, providers=["CPUExecutionProvider"])
        self.model_headers = [
            ("model-name", job["modelName"].encode()),
            ("model-version", job["modelVersion"].encode()),
            ("model-digest", job["modelDigest"].encode()),
        ]
        self.consumer = Consumer(
            {
                "bootstrap.servers": job["brokers"],
                "group.id": job["group"],
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": job["isolation"],
            }
        )
        self.producer = Producer(
            {
                "bootstrap.servers": job["brokers"],
                "enable.idempotence": True,
                "compression.type": job["compression"],
                "linger.ms": 5,
                "batch.size": 256 * 1024,
                # The partitions of Java's producers, as everybody's here.
                "partitioner": "murmur2_random",
                # A call back into Python for each record that went well would cost much and tell nothing.
                "delivery.report.only.error": True,
                "on_delivery": self.on_delivery,
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        self.failure = None

    def on_delivery(self, error, _message):
        self.failure = self.failure or error

    def run(self):
        self.consumer.subscribe([self.job["input"]])
        done = 0
        committed_of = 0
        first = None
        committed = time.monotonic()
        while done < self.job["events"]:
            messages = self.consumer.consume(self.job["batchRows"], POLL_S)
            if messages:
                first = first or time.monotonic()
                self.score(messages)
                done += len(messages)
            if time.monotonic() - committed >= self.job["commitEveryMs"] / 1000:
                self.flush()
                # Without anything new to commit, librdkafka says _NO_OFFSET.
                if done > committed_of:
                    self.consumer.commit(asynchronous=False)
                    committed_of = done
                committed = time.monotonic()
        self.flush()
        last = time.monotonic()
        if done > committed_of:
            self.consumer.commit(asynchronous=False)
        self.consumer.close()
        return done, last - first

    def score(self, messages):
        for message in messages:
            if message.error():
                raise RuntimeError(message.error())
        events = [self.events.read(message.value()) for message in messages]
        rows = numpy.array([row_of(event) for event in events], dtype=numpy.float32)
        (probabilities,) = self.session.run(["probabilities"], {"features": rows})
        scores = probabilities[:, 1].tolist()
        scored_at = time.time_ns() // 1_000_000
        write = self.events.write
        produce = self.producer.produce
        topic, version = self.job["output"], self.job["modelVersion"]
        for message, event, score in zip(messages, events, scores):
            value = write(
                {
                    "transaction_id": event["transaction_id"],
                    "customer_id": event["customer_id"],
                    "terminal_id": event["terminal_id"],
                    "amount": event["amount"],
                    "event_time": event["event_time"],
                    "score": score,
                    "decision": decide(score),
                    "model_version": version,
                    "scored_at": scored_at,
                }
            )
            source = f"{message.topic()}/{message.partition()}@{message.offset()}"
            headers = [*self.model_headers, ("source", source.encode())]
            produce(topic, value, message.key(), timestamp=message.timestamp()[1], headers=headers)
        self.producer.poll(0)

    def flush(self):
        self.producer.flush()
        if self.failure:
            raise RuntimeError(self.failure)


def peak_kib():
    try:
        with open("/proc/self/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    scored, seconds = Peer(json.loads(sys.argv[1])).run()
    used = resource.getrusage(resource.RUSAGE_SELF)
    outcome = {
        "scored": scored,
        "seconds": seconds,
        "cpuSeconds": used.ru_utime + used.ru_stime,
        "maxRssMiB": peak_kib() / 1024,
    }
    print(json.dumps(outcome))


main()
