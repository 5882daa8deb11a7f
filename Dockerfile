# A small image of efsm that needs no root: docker build --build-arg BINARY=target/release/efsm -t efsm:0.1.0 .
# The base needs glibc and nothing else: no shell, no package manager.
ARG BASE=gcr.io/distroless/cc-debian13:nonroot
FROM ${BASE}

ARG BINARY=target/release/efsm
COPY ${BINARY} /usr/local/bin/efsm

# By number, so that an orchestrator can see that it is not root.
USER 65532:65532
EXPOSE 8888
STOPSIGNAL SIGTERM

# Mount a configuration at /stack, read-only, and name it: docker run -v "$PWD:/stack:ro" efsm:0.1.0 up /stack --bind 0.0.0.0 ..
ENTRYPOINT ["/usr/local/bin/efsm"]
CMD ["up", "--bind=0.0.0.0", "--port=8888", "--strict-port", "--name=efsm"]

HEALTHCHECK --interval=2s --timeout=5s --start-period=2s CMD ["/usr/local/bin/efsm", "status", "efsm"]
