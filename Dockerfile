# The image of Tidemark: Node, the C library, the package, and nothing else; no shell, no package manager.
#   docker build . -t tidemark                        the image
#   docker build . -t tidemark-demo --target demo     what emits the demo's events, for docker-compose.yml
# glibc, because ONNX Runtime's binding has no build for musl. For a build that can be repeated to the byte of its base, give the
# digest too: --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:...
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# What is needed to build and to run the tools.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package's script runs: onnxruntime-node's would download CUDA libraries.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
COPY tools tools
COPY config config
COPY models models
COPY schemas schemas
RUN node tools/build.ts

# Emits the events of the demo. It holds development packages and is for demonstrations only.
FROM build AS demo
ENV NODE_ENV=production
USER 65532:65532
# kafkajs arms timers with negative delays; nobody can do anything about it.
ENTRYPOINT ["node", "--disable-warning=TimeoutNegativeWarning", "tools/emit.ts"]

# What is shipped of the packages: those of the lock that run, with this platform's binaries.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# npm's own --omit=dev forgets what both kinds of dependencies need, and the lock names what other platforms would have.
RUN npm pkg delete devDependencies && npm sbom --sbom-format=cyclonedx > sbom.cdx.json
RUN cd node_modules/onnxruntime-node/bin/napi-v* && platform=$(node -p 'process.platform') arch=$(node -p 'process.arch') && \
    test -f "$platform/$arch/onnxruntime_binding.node" && \
    find . -mindepth 1 -maxdepth 1 ! -name "$platform" -exec rm -r {} + && \
    find "$platform" -mindepth 1 -maxdepth 1 ! -name "$arch" -exec rm -r {} +

# What is shipped of the system.
FROM ${NODE_IMAGE} AS system
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
COPY docker/runtimeRoot.sh /usr/local/bin/
COPY --from=packages /app/node_modules /app/node_modules
RUN runtimeRoot.sh /root/runtime /app/node_modules

FROM scratch AS tidemark
ARG NODE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Tidemark" \
      org.opencontainers.image.description="Scores event streams: Avro events from Kafka, ONNX Runtime in batches" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="docker.io/library/${NODE_IMAGE}"
# From what seldom changes to what often does; all of it belongs to root, and the process can write none of it.
COPY --from=system /root/runtime/ /
COPY --from=packages /app/node_modules /app/node_modules
COPY --from=packages /app/sbom.cdx.json /app/
COPY --from=build /app/dist /app/dist
COPY package.json LICENSE /app/
COPY config /app/config
COPY schemas /app/schemas
COPY models /app/models
WORKDIR /app
# ONNX Runtime reports to its makers unless told otherwise. Probes and Prometheus reach a pipeline's HTTP from outside only if its
# file says http.host: ${TIDEMARK_HTTP_HOST:-127.0.0.1}, or an address.
ENV NODE_ENV=production \
    ORT_DISABLE_TELEMETRY=1 \
    TIDEMARK_HTTP_HOST=0.0.0.0
USER 65532:65532
EXPOSE 9464
STOPSIGNAL SIGTERM
# For Docker and Compose; Kubernetes has probes of its own. Another http.port needs another check.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/usr/local/bin/node", "-e", "fetch('http://127.0.0.1:9464/healthz', { signal: AbortSignal.timeout(4000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# tini is process 1: the kernel lets nobody inside the container kill that one, not even itself, and a Tidemark whose main thread
# hangs kills itself.
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/node", "/app/dist/cli/main.js"]
CMD ["run", "-c", "/etc/tidemark/pipeline.yaml"]
