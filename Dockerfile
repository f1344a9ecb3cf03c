ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS tools
RUN command -v git && command -v bash || { apt-get update && apt-get install -y --no-install-recommends ca-certificates git bash && rm -rf /var/lib/apt/lists/*; }

FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY src src
RUN npm run build

FROM tools
COPY --from=build /build/dist /app
# By number, so that the user needs no name in the base and an orchestrator can see that it is not root.
RUN mkdir /data /app/compiled && chown 1000:1000 /data /app/compiled
USER 1000:1000
ENV DATABASE_URL=sqlite:/data/coordinator.db PORT=8000 NODE_COMPILE_CACHE=/app/compiled
# Compiled once here, and not at each start.
RUN node /app/main.js --version
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/main.js"]
