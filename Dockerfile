# The router in a small image. The configuration is mounted:
#
#   docker build -t llm-router .
#   docker run -p 8080:8080 -v "$(pwd)/config.yaml:/app/config.yaml:ro" llm-router
#
# Arguments replace the last line's: docker run … llm-router check /app/config.yaml

FROM debian:12-slim AS build
WORKDIR /src
# What is installed changes less often than what is built.
COPY script ./script
RUN script/bootstrap
COPY . .
RUN script/build && llvm-strip-19 build/release/llm-router build/release/llm-sim

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libsimdjson14 libssl3 libstdc++6 libyaml-cpp0.7 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin llm-router \
 && install -d -o llm-router /app
COPY --from=build /src/build/release/llm-router /src/build/release/llm-sim /usr/bin/
WORKDIR /app
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s \
  CMD ["/usr/bin/llm-router", "healthcheck", "--config", "/app/config.yaml"]
ENTRYPOINT ["/usr/bin/llm-router"]
CMD ["--config", "/app/config.yaml"]
