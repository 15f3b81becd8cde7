# vasa_avatar in a container: the server, or with EXTRA=pipecat the example bot.
#
#   docker build -t vasa-avatar .
#   docker run --read-only --tmpfs /tmp -p 127.0.0.1:8765:8765 vasa-avatar \
#       serve --host 0.0.0.0 --token LONG-AND-RANDOM
#
# Kernels are compiled while it is built. On another kind of processor than the builder's they are
# compiled once more at the start, into /tmp.
FROM python:3.12-slim AS build
ARG EXTRA=server
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY vasa_avatar vasa_avatar
COPY integrations integrations
COPY character_profiles character_profiles
COPY web web
ENV VASA_AVATAR_CACHE=/opt/vasa-cache
RUN python -m venv /opt/vasa && /opt/vasa/bin/pip install --no-cache-dir ".[server,${EXTRA}]"
RUN ["/opt/vasa/bin/python", "-c", "from vasa_server.show.profile_source import ProfileSource as Source; source = Source(); [source.preload(one.id) for one in source.characters()]"]

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin vasa
COPY --from=build /opt/vasa /opt/vasa
COPY --from=build /opt/vasa-cache /opt/vasa-cache
COPY examples /opt/examples
ENV PATH=/opt/vasa/bin:/usr/local/bin:/usr/bin:/bin \
    VASA_AVATAR_CACHE=/opt/vasa-cache \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /opt
EXPOSE 8765
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8765/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["vasa-avatar"]
CMD ["serve", "--log-json"]
