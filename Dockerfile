ARG BASE=node:24-bookworm-slim
# What the repositories of the team are built with.
ARG TOOLCHAIN=node:24-bookworm

FROM ${BASE} AS programs
RUN command -v git && command -v bash || { apt-get update && apt-get install -y --no-install-recommends ca-certificates git bash && rm -rf /var/lib/apt/lists/*; }

FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY src src
RUN npm run build

# The tools container: where the commands of an agent run. It shares the volume of the workspaces with the coordinator, and nothing else.
FROM ${TOOLCHAIN} AS tools
RUN command -v git && command -v bash && command -v rg || { apt-get update && apt-get install -y --no-install-recommends ca-certificates git bash ripgrep && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /usr/local/bin/node /app/node
COPY --from=build /build/dist/host.js /build/dist/container.js /build/dist/forward.js /app/
# Of the group, so that the coordinator and the tools can each change what the other made; the folder itself is the coordinator's alone.
RUN mkdir -p /work/sessions /tools && chown 1000:1000 /work/sessions && chown 1001:1000 /tools && chmod 2750 /work/sessions /tools
USER 1001:1000
ENV HOME=/tmp
VOLUME /work/sessions /tools
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/node", "/app/container.js", "/tools/tools.sock", "--alone"]

FROM programs
COPY --from=build /build/dist /app
# By number, so that the user needs no name in the base and an orchestrator can see that it is not root.
RUN mkdir /data /app/compiled && chown 1000:1000 /data /app/compiled && \
  mkdir -p /work/sessions /tools && chown 1000:1000 /work /work/sessions && chown 1001:1000 /tools && \
  chmod 0700 /work && chmod 2750 /work/sessions /tools
USER 1000:1000
ENV DATABASE_URL=sqlite:/data/coordinator.db PORT=8000 NODE_COMPILE_CACHE=/app/compiled
# Compiled once here, and not at each start.
RUN node /app/main.js --version
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/main.js"]
