// For the container's HEALTHCHECK: ends with 0 if the process in it can do its work, with 1 otherwise.
const port = process.env.HEALTH_PORT;
const url = `http://127.0.0.1:${port}/readyz`;
const fit = await fetch(url, { signal: AbortSignal.timeout(4_000) }).then(
  (reply) => reply.ok,
  () => false,
);
process.exit(fit ? 0 : 1);
