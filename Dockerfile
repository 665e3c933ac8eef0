# syntax=docker/dockerfile:1
# One image for every process of Integument; which one it is, is the command's business:
#   dist/apps/vault/src/main.js   dist/apps/api/src/main.js   dist/apps/api/src/worker.js   dist/apps/web/src/main.js
# The tag is the current Node LTS; pin it by digest where you build releases.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Nothing that is needed here is compiled at install, so no package gets to run a script of its own.
RUN npm ci --ignore-scripts
COPY .swcrc tsconfig.json ./
COPY apps apps
COPY libs libs
COPY tools tools
COPY bench bench
RUN node tools/make/build.mjs

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without what only the embedded run and development need; the optional ones are native speed-ups with a plain fallback.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
# Keeps memory low: see tools/run/children.ts, and "Memory" in deploy/README.md.
ENV NODE_OPTIONS="--max-old-space-size=1024 --max-semi-space-size=8"
ENV MALLOC_ARENA_MAX=2
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist/apps dist/apps
COPY --from=build /app/dist/libs dist/libs
COPY --from=build /app/dist/tools/audit dist/tools/audit
COPY --from=build /app/dist/tools/auditor dist/tools/auditor
COPY --from=build /app/dist/tools/verify dist/tools/verify
COPY --from=build /app/dist/tools/witness dist/tools/witness
COPY apps/web/public apps/web/public
COPY deploy/healthcheck.mjs deploy/healthcheck.mjs
# The one place that is ever written to, by the vault's embedded keyring at its first start; a volume is mounted here.
# Everything else belongs to root and runs as nobody's but `node`: what is broken into can't change its own code.
RUN install -d -o node -g node -m 0700 /var/lib/integument
USER 1000:1000
# Asks /readyz at HEALTH_PORT. The worker has no listener: switch the check off for it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/deploy/healthcheck.mjs"]
ENTRYPOINT ["node"]
# No default: a container started without saying what it is prints how, and ends.
CMD ["-e", "console.error('Say which process: dist/apps/{vault,api,web}/src/main.js or dist/apps/api/src/worker.js'); process.exit(64)"]
